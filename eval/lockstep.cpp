// See lockstep.hpp.
#include "eval/lockstep.hpp"

#include <ATen/Parallel.h>

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "core/error.hpp"
#include "core/tensor/device.hpp"

namespace zoetrope {

namespace {

class rounds {
 public:
  void wait_for_turn(int job) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == job; });
    ZT_CHECK(!failure_, interrupted, "the other run of the lockstep failed");
  }
  void next_round(int job) {
    hand_over(job);
    wait_for_turn(job);
  }
  // `body` and its end, however it ends.
  void run(int job, const std::function<void(const take_turns&)>& body) {
    try {
      wait_for_turn(job);
      body([this, job] { next_round(job); });
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      ended_[job] = true;
    }
    hand_over(job);
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void hand_over(int job) {
    const std::lock_guard lock(mutex_);
    if (!ended_[1 - job]) turn_ = 1 - job;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int turn_ = 0;
  std::array<bool, 2> ended_{};
  std::exception_ptr failure_;
};

}  // namespace

void run_in_lockstep(const std::function<void(const take_turns&)>& first,
                     const std::function<void(const take_turns&)>& second) {
  rounds both;
  std::thread other([&, threads = at::get_num_threads()] {
    set_thread_count(threads);  // a thread has its own number
    both.run(1, second);
  });
  both.run(0, first);
  other.join();
  both.rethrow();
}

}  // namespace zoetrope
