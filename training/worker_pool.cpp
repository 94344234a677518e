// See worker_pool.hpp.
#include "training/worker_pool.hpp"

#include <ATen/Parallel.h>

namespace zoetrope {

worker_pool::worker_pool(int workers, int threads_each, place where) {
  if (workers < 2 && where == place::here_if_one) return;
  for (int i = 0; i < workers; ++i) threads_.emplace_back([this, threads_each] { work(threads_each); });
}

worker_pool::~worker_pool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  waiting_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::future<void> worker_pool::run(std::function<void()> job) {
  std::packaged_task<void()> task(std::move(job));
  std::future<void> done = task.get_future();
  if (threads_.empty()) {
    task();
    return done;
  }
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(task));
  }
  waiting_.notify_one();
  return done;
}

void worker_pool::work(int threads_each) {
  at::set_num_threads(threads_each);  // of this thread
  for (;;) {
    std::packaged_task<void()> job;
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [&] { return closing_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace zoetrope
