// See memory_sampler.hpp.
#include "eval/memory_sampler.hpp"

namespace zoetrope {

memory_sampler::memory_sampler(at::Device device, std::chrono::milliseconds interval) : device_(device) {
  sample();
  thread_ = std::thread([this, interval] {
    std::unique_lock held(lock_);
    while (!ended_.wait_for(held, interval, [this] { return stopping_; })) sample();
  });
}

memory_sampler::~memory_sampler() {
  if (thread_.joinable()) stop();
}

memory_timeline memory_sampler::stop() {
  {
    const std::lock_guard held(lock_);
    stopping_ = true;
  }
  ended_.notify_one();
  thread_.join();
  sample();
  return std::move(line_);
}

void memory_sampler::sample() {
  line_.seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
  const memory_use use = process_memory(device_);
  line_.resident_bytes.push_back(use.resident_bytes);
  if (!device_.is_cpu()) line_.device_bytes.push_back(use.gpu_bytes);
}

}  // namespace zoetrope
