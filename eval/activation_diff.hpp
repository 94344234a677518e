// How far the layers of two runs are from each other, and where they part first. Of outputs a and b of a
// layer, in f64 over all elements:
//   max abs = max |a - b|      relative = ||a - b|| / ||a||   (2-norms; 0 / 0 is 0)
// Two NaNs agree; where one side alone is not finite the error is infinite.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/io/hdf5_file.hpp"
#include "eval/activation_taps.hpp"

namespace zoetrope {

struct activation_error {
  int64_t step;
  std::string layer;
  double max_abs, relative;
};

class activation_diff {
 public:
  /// Layers part where max abs is above `tolerance`; 0: where any number differs.
  explicit activation_diff(double tolerance) : tolerance_(tolerance) {}

  /// Compares what is in both, in the order of `a`: layers by step and name. A video b c f h w compares with
  /// the same frames folded, (b f) c h w.
  void compare(const activations& a, const activations& b);

  double tolerance() const { return tolerance_; }
  const std::vector<activation_error>& errors() const { return errors_; }
  bool parts(const activation_error& error) const { return !(error.max_abs <= tolerance_); }
  /// The first that parts; nullptr: none does.
  const activation_error* first() const;
  /// Layers that only one run has, in alphabetical order.
  std::vector<std::string> only_in_a() const { return without(a_, b_); }
  std::vector<std::string> only_in_b() const { return without(b_, a_); }
  /// Layers in both whose shapes differ, with the shapes: they are not compared.
  const std::map<std::string, std::string>& misfits() const { return misfits_; }

 private:
  static std::vector<std::string> without(const std::set<std::string>& names,
                                          const std::set<std::string>& others);

  double tolerance_;
  std::vector<activation_error> errors_;
  std::set<std::string> a_, b_;
  std::map<std::string, std::string> misfits_;
};

/// Datasets step, layer, max_abs, relative (a row an entry of errors()), only_in_a, only_in_b, misfits;
/// attributes of the root: schema "zoetrope-diff", schema_version, tolerance, parts (0 or 1), where they part
/// first_step and first_layer, and `more`.
void write_activation_diff(const std::filesystem::path& file, const activation_diff& diff,
                           const std::map<std::string, hdf5_value>& more);

}  // namespace zoetrope
