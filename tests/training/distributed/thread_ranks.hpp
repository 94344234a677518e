// Ranks as threads of one process: what a communicator does with bytes can be seen without MPI.
#pragma once

#include <barrier>
#include <cstring>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "training/distributed/communicator.hpp"

namespace zoetrope {

/// The messages of all ranks: [source][target].
struct thread_post {
  explicit thread_post(int ranks)
      : boxes(static_cast<std::size_t>(ranks),
              std::vector<std::vector<char>>(static_cast<std::size_t>(ranks))),
        meet(ranks) {}
  std::vector<std::vector<std::vector<char>>> boxes;
  std::barrier<> meet;
};

class thread_transport : public transport {
 public:
  thread_transport(thread_post& post, int rank) : post_(post), rank_(static_cast<std::size_t>(rank)) {}
  int rank() const override { return static_cast<int>(rank_); }
  int size() const override { return static_cast<int>(post_.boxes.size()); }
  int local_rank() const override { return rank(); }

  void exchange(const std::vector<outgoing>& to, const std::vector<incoming>& from) override {
    for (std::size_t r = 0; r < to.size(); ++r) {
      const char* bytes = static_cast<const char*>(to[r].data);
      if (r != rank_) post_.boxes[rank_][r].assign(bytes, bytes + to[r].bytes);
    }
    post_.meet.arrive_and_wait();
    for (std::size_t r = 0; r < from.size(); ++r) {
      const std::vector<char>& got = post_.boxes[r][rank_];
      if (r == rank_ || from[r].bytes == 0) continue;
      if (got.size() != from[r].bytes) throw std::runtime_error("a message of another size than wanted");
      std::memcpy(from[r].data, got.data(), got.size());
    }
    post_.meet.arrive_and_wait();
  }

 private:
  thread_post& post_;
  std::size_t rank_;
};

/// Runs `body` as each of `count` ranks at once; throws the first error.
inline void run_ranks(int count, const std::function<void(communicator&)>& body) {
  thread_post post(count);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < count; ++rank)
    threads.emplace_back([&, rank] {
      try {
        communicator ranks(std::make_unique<thread_transport>(post, rank), 60);
        body(ranks);
      } catch (...) {
        failures[static_cast<std::size_t>(rank)] = std::current_exception();
        post.meet.arrive_and_drop();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace zoetrope
