// What the process, and a GPU, have in memory while something runs: a thread looks every few milliseconds.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/tensor/machine.hpp"
#include "eval/result_file.hpp"

namespace zoetrope {

class memory_sampler {
 public:
  /// Takes the first sample at once.
  explicit memory_sampler(at::Device device,
                          std::chrono::milliseconds interval = std::chrono::milliseconds(10));
  ~memory_sampler();
  memory_sampler(const memory_sampler&) = delete;
  memory_sampler& operator=(const memory_sampler&) = delete;

  /// Takes the last sample and ends; call it once.
  memory_timeline stop();

 private:
  void sample();

  const at::Device device_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  memory_timeline line_;
  std::mutex lock_;
  std::condition_variable ended_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace zoetrope
