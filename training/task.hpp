// What a trainer needs to know of what it trains: parameters, the loss of some rows of a batch, and how to
// save the result. Everything random is a function of (seed, step, row), so a batch may be cut into
// micro-batches, workers and ranks as one likes, and a run resumes from its step number alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "training/trainable.hpp"

namespace zoetrope {

class train_log;

/// Rows first … first + count - 1 of the batch of `batch` rows that all workers and ranks share at `step`.
struct batch_share {
  int64_t step, first, count, batch;
};

/// By name, as they are logged: "loss", "gap/motion", "obeys/colour".
using named_scalars = std::map<std::string, double>;

struct share_loss {
  at::Tensor loss;      ///< scalar: the sum over the share's rows divided by `batch`
  named_scalars terms;  ///< the parts of it, in the same units, to be added over the shares
};

class training_task {
 public:
  virtual ~training_task() = default;
  virtual const trained_parameters& parameters() const = 0;
  /// What it is trained on; null: nothing that could change.
  virtual const dataset* data() const { return nullptr; }
  /// What the loss passes through, for the search after a NaN.
  virtual std::vector<trainable_part> parts() const { return {}; }
  /// Called before each step's losses.
  virtual void prepare(int64_t /*step*/) {}
  /// May be called from several threads at once.
  virtual share_loss loss(const batch_share& share) const = 0;
  /// The names of all that evaluate() may find, known before the first step.
  virtual std::vector<std::string> measures() const { return {}; }
  /// Looks from outside at how far the training is, on fixed held-out data; may log clips. What is measured of
  /// generated clips may not be found in all of them.
  virtual named_scalars evaluate(int64_t /*step*/, train_log& /*log*/) { return {}; }
  /// Called by evaluate() between its pieces; what it throws ends it.
  std::function<void()> on_piece = [] {};
  /// Writes what was trained, in the form that generation loads, into a new folder.
  virtual void save(const std::filesystem::path& folder) = 0;
};

}  // namespace zoetrope
