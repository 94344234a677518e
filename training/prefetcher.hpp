// Things made ahead by worker threads and handed out in order: item(first), item(first + 1), … The order and
// the items do not depend on the number of threads, at most `ahead` items wait or are being made, and what a
// maker throws arrives where its item would have.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace zoetrope {

struct prefetch_options {
  int64_t first = 0;
  int64_t end = std::numeric_limits<int64_t>::max();  ///< the number behind the last item
  int64_t workers = 2;                                ///< 0: items are made when they are asked for
  int64_t ahead = 4;                                  ///< items in memory besides those that were handed out
};

template <class Item>
class prefetcher {
 public:
  /// `make` is called from several threads at a time.
  prefetcher(std::function<Item(int64_t number)> make, const prefetch_options& options)
      : make_(std::move(make)), options_(options), to_start_(options.first), to_take_(options.first) {
    ZT_CHECK(options.workers >= 0 && options.ahead >= 1, usage, "prefetching: ", options.workers,
             " workers, ", options.ahead, " items ahead");
    for (int64_t i = 0; i < options.workers; ++i)
      workers_.emplace_back([this](std::stop_token stop) { work(stop); });
  }

  /// Waits for the items that are being made, starts no other.
  ~prefetcher() {
    for (std::jthread& worker : workers_) worker.request_stop();
  }
  prefetcher(const prefetcher&) = delete;
  prefetcher& operator=(const prefetcher&) = delete;

  /// The number of the item that next() gives.
  int64_t position() const { return to_take_; }

  /// The next item, or what its maker threw; then the one after it is next. error{usage} beyond the end. From
  /// one thread.
  Item next() {
    ZT_CHECK(to_take_ < options_.end, usage, "prefetching: there is no item ", to_take_);
    if (workers_.empty()) return make_(to_take_++);
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [this] { return made_.count(to_take_) > 0; });
    outcome taken = std::move(made_.extract(to_take_++).mapped());
    lock.unlock();
    room_.notify_all();
    if (taken.failure) std::rethrow_exception(taken.failure);
    return std::move(*taken.item);
  }

 private:
  struct outcome {
    std::optional<Item> item;
    std::exception_ptr failure;
  };

  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (room_.wait(
        lock, stop, [this] { return to_start_ >= options_.end || to_start_ - to_take_ < options_.ahead; })) {
      if (stop.stop_requested() || to_start_ >= options_.end) return;
      const int64_t number = to_start_++;
      lock.unlock();
      outcome made = outcome_of(number);
      lock.lock();
      made_.emplace(number, std::move(made));
      finished_.notify_one();
    }
  }

  outcome outcome_of(int64_t number) {
    try {
      return {make_(number), nullptr};
    } catch (...) {
      return {std::nullopt, std::current_exception()};
    }
  }

  std::function<Item(int64_t)> make_;
  prefetch_options options_;
  std::mutex mutex_;
  std::condition_variable_any room_;
  std::condition_variable finished_;
  std::map<int64_t, outcome> made_;
  int64_t to_start_, to_take_;
  std::vector<std::jthread> workers_;  // last: ends before what it uses
};

}  // namespace zoetrope
