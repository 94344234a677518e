// In which order examples are seen: a position, one integer that counts global batches from 0, gives the
// indices of that batch, so that a run goes on exactly where it stopped. Each epoch has a permutation of its
// own, drawn from the seed; a batch holds examples of one bucket. The same on every machine: no std::
// distribution, no std::shuffle.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace zoetrope {

struct data_order_options {
  int64_t global_batch = 1;  ///< examples of all ranks together
  uint64_t seed = 0;
};

class data_order {
 public:
  /// `buckets`: one number an example, equal for examples that may share a batch (bucket_numbers() of
  /// dataset.hpp). error{usage} for no example or options that do not go together.
  data_order(std::vector<int64_t> buckets, const data_order_options& options);
  ~data_order();

  /// Every example is in at least one of them. Where a bucket's examples do not fill its last batch, the
  /// first of its permutation come once more.
  int64_t batches_per_epoch() const { return batches_per_epoch_; }
  int64_t epoch_of(int64_t position) const { return position / batches_per_epoch_; }

  /// The indices of a global batch; may be called from several threads. error{usage} for a position below 0.
  std::vector<int64_t> global_batch(int64_t position) const;

 private:
  struct epoch_order;
  std::shared_ptr<const epoch_order> order_of(int64_t epoch) const;

  data_order_options options_;
  std::vector<std::vector<int64_t>> buckets_;  ///< the indices of each, rising
  int64_t batches_per_epoch_ = 0;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const epoch_order> latest_;
};

}  // namespace zoetrope
