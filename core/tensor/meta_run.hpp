// A run without memory: on tensors of libtorch's meta device, which have shapes but no bytes, the very code
// that computes also tells how much memory it needs. While a meta_run exists, every allocation of a meta
// tensor is counted with its moment: what lives, and the greatest sum. So a plan cannot drift from what is
// run.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace zoetrope {

/// cache: what a run keeps from step to step so as not to compute it again.
enum class memory_kind { weights, activations, cache, workspace, uncounted };

/// Bytes of meta tensors.
struct memory_tally {
  int64_t weights = 0, activations = 0, cache = 0, workspace = 0;
  int64_t uncounted = 0;  ///< not part of the total
  int64_t total() const { return weights + activations + cache + workspace; }
  int64_t& of(memory_kind kind);
};

/// One at a time in a process. Operators that libtorch cannot run on meta tensors from C++ (convolution,
/// attention, norms, embedding) are added when the first one begins; their scratch memory is counted as
/// workspace.
class meta_run {
 public:
  /// `stands_for`: the device that the run is about; its allocator's grain and its operators' scratch are
  /// counted.
  explicit meta_run(at::Device stands_for);
  ~meta_run();
  meta_run(const meta_run&) = delete;
  meta_run& operator=(const meta_run&) = delete;

  memory_tally live() const;
  /// What lived when the sum was greatest, since the beginning or the last restart.
  memory_tally peak() const;
  void restart_peak();
};

/// While it exists, new meta tensors of this thread are counted as `kind`; else they are activations.
class counted_as {
 public:
  explicit counted_as(memory_kind kind);
  ~counted_as();
  counted_as(const counted_as&) = delete;
  counted_as& operator=(const counted_as&) = delete;

 private:
  memory_kind before_;
};

/// The device that computes with `x`: its own, or what the meta run stands for (the CPU outside of a run).
at::DeviceType device_at_work(const at::Tensor& x);
/// Where a result of `x` is handed to the user: the CPU, or meta in a meta run.
at::Device host_of(const at::Tensor& x);

}  // namespace zoetrope
