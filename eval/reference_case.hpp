// Reference cases: a folder with a small model, inputs, and the outputs that the original Python system
// computed. A kind's runner recomputes the outputs; every tensor of outputs.safetensors must be checked and
// hold. The format is described in tests/goldens/README.md.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/registry.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

/// How the error of a tensor is measured.
enum class error_measure {
  absolute,             ///< max |got - want|
  relative_to_peak,     ///< max |got - want| / max(1, max |want|), for the tensor
  relative_per_call,    ///< the same for each index of the first dimension, the worst counts
  relative_per_element  ///< max of |got - want| / max(1, |want|)
};

class reference_case {
 public:
  /// error{bad_input} for a folder without case.json or with broken tensors.
  explicit reference_case(const std::filesystem::path& folder);

  std::string name() const;
  std::string kind() const;
  const std::filesystem::path& folder() const { return folder_; }
  const json& description() const { return description_; }
  const json& cfg() const { return description_.at("cfg"); }
  /// A folder named by a path in case.json, relative to the case ("model_dir").
  std::filesystem::path folder_of(const std::string& key) const;
  /// tolerance.fp32_max_abs_err; error{bad_input} unless it is a positive finite number.
  double tolerance() const;

  bool has_input(const std::string& name) const { return inputs_.count(name) > 0; }
  /// error{bad_input} if it is not there.
  const at::Tensor& input(const std::string& name) const;
  bool has_output(const std::string& name) const { return outputs_.count(name) > 0; }
  const at::Tensor& output(const std::string& name) const;
  const tensor_map& outputs() const { return outputs_; }

 private:
  std::filesystem::path folder_;
  json description_;
  tensor_map inputs_, outputs_;
};

/// Collects the comparisons of one run of a case.
class reference_report {
 public:
  explicit reference_report(const reference_case& reference) : reference_(reference) {}

  /// Compares with the stored output of that name: shapes must match, integers be equal, all values be
  /// finite. Without a tolerance of its own, the case's. A name that the case does not have is a failure.
  void check(const std::string& output, const at::Tensor& got, std::optional<double> tolerance = {},
             error_measure measure = error_measure::absolute);
  /// Like check, where the case has that output; else nothing.
  void check_if_present(const std::string& output, const at::Tensor& got,
                        std::optional<double> tolerance = {},
                        error_measure measure = error_measure::absolute);
  /// An output that the format marks as information.
  void skip(const std::string& output);
  void fail(const std::string& message);
  /// Stored outputs that were neither checked nor skipped become failures. Called once, after the runner.
  void finish();

  bool ok() const { return failures_.empty(); }
  const std::vector<std::string>& failures() const { return failures_; }
  /// The largest error, as a share of its own tolerance, with both: what the line of `verify` shows.
  double worst_error() const { return worst_error_; }
  double worst_tolerance() const { return worst_tolerance_; }
  std::size_t checked() const { return checked_; }

 private:
  const reference_case& reference_;
  std::set<std::string> seen_;
  std::vector<std::string> failures_;
  double worst_error_ = 0, worst_tolerance_ = 0, worst_share_ = -1;
  std::size_t checked_ = 0;
};

/// Recomputes the outputs of a case and checks each.
using reference_runner = void (*)(const reference_case& reference, reference_report& report);
const registry<reference_runner>& reference_kinds();

/// Loads and runs one case; an exception becomes a failure of the report's text.
struct reference_result {
  std::string name, kind;
  bool ok = false;
  double error = 0, tolerance = 0;
  std::size_t checked = 0;
  std::vector<std::string> failures;
};
reference_result verify_case(const std::filesystem::path& folder);

}  // namespace zoetrope
