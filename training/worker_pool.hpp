// A few threads that work side by side on the parts of a step, each with its own libtorch thread: on few
// cores two micro-batches at once are faster than one whose operators are each split over two threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace zoetrope {

class worker_pool {
 public:
  enum class place { here_if_one, own_threads };
  /// Operators inside a job use `threads_each` threads. One worker: jobs run where they are handed in, unless
  /// it shall have a thread of its own too.
  worker_pool(int workers, int threads_each, place where = place::here_if_one);
  ~worker_pool();
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  int size() const { return threads_.empty() ? 1 : static_cast<int>(threads_.size()); }
  /// Jobs start in the order they come; an exception arrives at the future.
  std::future<void> run(std::function<void()> job);

 private:
  void work(int threads_each);

  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<std::packaged_task<void()>> jobs_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace zoetrope
