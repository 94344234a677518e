// See timed.hpp.
#include "bench/timed.hpp"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>

#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

/// A millisecond of an H200, in which the host queues what is to be timed.
void keep_busy() {
  static const at::Tensor much =
      at::empty({int64_t{1} << 30}, at::TensorOptions(target().device).dtype(at::kByte));
  for (int i = 0; i < 4; ++i) much.fill_(i);
}

double gpu_seconds_of(const std::function<void()>& work) {
  const c10::impl::VirtualGuardImpl guard(target().device.type());
  const c10::Stream stream = guard.getStream(target().device);
  c10::Event start(target().device.type(), c10::EventFlag::BACKEND_DEFAULT),
      stop(target().device.type(), c10::EventFlag::BACKEND_DEFAULT);
  keep_busy();
  start.record(stream);
  work();
  stop.record(stream);
  stop.synchronize();
  return 1e-3 * start.elapsedTime(stop);
}

}  // namespace

bench_target& target() {
  static bench_target chosen;
  return chosen;
}

at::Tensor drawn(at::IntArrayRef shape) {
  const at::TensorOptions options = at::TensorOptions(target().device).dtype(target().dtype);
  if (!target().device.is_cpu()) return at::randn(shape, options);
  return generator(1).normal(shape).to(target().dtype);
}

at::Tensor zeros(at::IntArrayRef shape) {
  return at::zeros(shape, at::TensorOptions(target().device).dtype(target().dtype));
}

double seconds_of(const std::function<void()>& work) {
  if (!target().device.is_cpu()) return gpu_seconds_of(work);
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int input_sets() { return target().device.is_cpu() ? 1 : 8; }

void timed_copy(benchmark::State& state, int64_t elements) {
  struct memory {
    at::Tensor from, to;
  };
  timed(
      state,
      [&] {
        return memory{drawn({elements}), zeros({elements})};
      },
      [](const memory& m) { return m.to.copy_(m.from); });
}

}  // namespace zoetrope
