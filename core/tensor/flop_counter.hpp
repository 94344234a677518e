// Counts the floating-point operations of matrix products, convolutions and attention, wherever they are
// called from: two for a multiply-add. Norms, activations and sums are left out; they are a fraction of a
// percent of a UNet step.
#pragma once

#include <cstdint>

namespace zoetrope {

/// Counts what this thread runs while it exists, on any device (meta: no time, no memory). One at a time in a
/// thread.
class flop_counter {
 public:
  flop_counter();
  ~flop_counter();
  flop_counter(const flop_counter&) = delete;
  flop_counter& operator=(const flop_counter&) = delete;
  int64_t flops() const { return flops_; }

  /// Seen by libtorch's profiling hook; not to be called.
  void add(int64_t flops) { flops_ += flops; }

 private:
  int64_t flops_ = 0;
  uint64_t hook_;
};

}  // namespace zoetrope
