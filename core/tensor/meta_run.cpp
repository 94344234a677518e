// See meta_run.hpp.
#include "core/tensor/meta_run.hpp"

#include <c10/core/Allocator.h>

#include <mutex>

#include "core/error.hpp"
#include "core/tensor/meta_operators.hpp"

namespace zoetrope {

namespace {

// c10's CUDA allocator hands out multiples of this.
constexpr int64_t gpu_grain = 512;

struct counters {
  std::mutex mutex;
  memory_tally live, peak;
  at::DeviceType stands_for = at::kCPU;
  bool running = false;
};
counters& all_counters() {
  static auto* const ours = new counters;  // outlives every tensor
  return *ours;
}

thread_local memory_kind kind_now = memory_kind::activations;

/// What one allocation counted as; held by its DataPtr.
struct claim {
  memory_kind kind;
  int64_t bytes;
};

void give_back(void* held) {
  const auto* given = static_cast<claim*>(held);
  counters& count = all_counters();
  const std::lock_guard lock(count.mutex);
  count.live.of(given->kind) -= given->bytes;
  delete given;
}

// Counts and hands out nothing, which is all that a meta tensor needs.
class counting_allocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    counters& count = all_counters();
    const std::lock_guard lock(count.mutex);
    int64_t counted = static_cast<int64_t>(bytes);
    if (count.stands_for != at::kCPU) counted = (counted + gpu_grain - 1) / gpu_grain * gpu_grain;
    count.live.of(kind_now) += counted;
    if (count.live.total() > count.peak.total()) count.peak = count.live;
    return {nullptr, new claim{kind_now, counted}, &give_back, at::Device(at::kMeta)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void*, const void*, std::size_t) const override {}
};

}  // namespace

int64_t& memory_tally::of(memory_kind kind) {
  switch (kind) {
    case memory_kind::weights:
      return weights;
    case memory_kind::cache:
      return cache;
    case memory_kind::workspace:
      return workspace;
    case memory_kind::uncounted:
      return uncounted;
    default:
      return activations;
  }
}

meta_run::meta_run(at::Device stands_for) {
  // libtorch's own has the lowest priority; ours stays, as tensors may outlive the run.
  static counting_allocator counting;
  static const bool installed =
      (c10::SetAllocator(at::kMeta, &counting, /*priority=*/1), add_meta_operators(), true);
  counters& count = all_counters();
  const std::lock_guard lock(count.mutex);
  ZT_CHECK(installed && !count.running, runtime, "a meta run inside another one");
  count.running = true;
  count.stands_for = stands_for.type();
  count.peak = count.live;
}

meta_run::~meta_run() {
  counters& count = all_counters();
  const std::lock_guard lock(count.mutex);
  count.running = false;
  count.stands_for = at::kCPU;
}

memory_tally meta_run::live() const {
  counters& count = all_counters();
  const std::lock_guard lock(count.mutex);
  return count.live;
}

memory_tally meta_run::peak() const {
  counters& count = all_counters();
  const std::lock_guard lock(count.mutex);
  return count.peak;
}

void meta_run::restart_peak() {
  counters& count = all_counters();
  const std::lock_guard lock(count.mutex);
  count.peak = count.live;
}

counted_as::counted_as(memory_kind kind) : before_(kind_now) { kind_now = kind; }
counted_as::~counted_as() { kind_now = before_; }

at::DeviceType device_at_work(const at::Tensor& x) {
  return x.is_meta() ? all_counters().stands_for : x.device().type();
}

at::Device host_of(const at::Tensor& x) { return x.is_meta() ? at::kMeta : at::kCPU; }

}  // namespace zoetrope
