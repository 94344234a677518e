// libzoetrope_mpi.so: bytes over MPI, by non-blocking messages that are looked at until they are there or the
// time is over. MPI's own collectives would wait forever for a rank that has died, and add numbers in an
// order of their choice.
#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "core/error.hpp"
#include "training/distributed/peer_watch.hpp"
#include "training/distributed/transport.hpp"

namespace zoetrope {
namespace {

using clock = std::chrono::steady_clock;

void check(int status, const char* what) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw error(error_kind::runtime, concat("distributed: ", what, ": ", text));
}

/// Busy at first, as an answer mostly comes at once; then it leaves the core to those who compute.
class patience {
 public:
  explicit patience(double seconds)
      : end_(begin_ + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds))) {}
  /// False when the time is over.
  bool wait() const {
    const clock::time_point now = clock::now();
    if (now - begin_ < std::chrono::milliseconds(1))
      ::sched_yield();
    else
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    return now < end_;
  }

 private:
  clock::time_point begin_ = clock::now(), end_;
};

class mpi_transport : public transport {
 public:
  explicit mpi_transport(double timeout) : timeout_(timeout) {
    int provided = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI does not start");
    ZT_CHECK(provided >= MPI_THREAD_SERIALIZED, runtime,
             "distributed: this MPI can only be used from its first thread");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm machine;
    check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &machine),
          "ranks of a machine");
    MPI_Comm_rank(machine, &local_rank_);
    MPI_Comm_free(&machine);
    peers_.emplace(addresses());
  }
  // A rank that fails must not wait in MPI_Finalize for the others: that it ends without tells mpirun to stop
  // them.
  ~mpi_transport() override {
    if (!failed_ && std::uncaught_exceptions() == 0) MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return local_rank_; }

  void exchange(const std::vector<outgoing>& to, const std::vector<incoming>& from) override {
    std::vector<message> messages;
    ZT_CHECK(!failed_, runtime, "distributed: an exchange has failed before");
    failed_ = true;
    for (int r = 0; r < size_; ++r)
      if (r != rank_) start(messages, r, from[r].data, from[r].bytes, MPI_Irecv);
    for (int r = 0; r < size_; ++r)
      if (r != rank_) start(messages, r, to[r].data, to[r].bytes, MPI_Isend);
    finish(messages);
    failed_ = false;
  }

 private:
  struct message {
    int peer;
    MPI_Request request;
  };

  // A count of MPI is an int: what is longer goes in pieces, which MPI keeps in order.
  template <class Data, class Function>
  static void start(std::vector<message>& messages, int peer, Data* data, std::size_t bytes,
                    Function function) {
    constexpr std::size_t most = std::size_t{1} << 30;
    using byte = std::conditional_t<std::is_const_v<Data>, const char, char>;
    for (std::size_t done = 0; done < bytes; done += most) {
      MPI_Request request;
      check(function(static_cast<byte*>(data) + done, static_cast<int>(std::min(most, bytes - done)),
                     MPI_BYTE, peer, 0, MPI_COMM_WORLD, &request),
            "a message");
      messages.push_back({peer, request});
    }
  }

  std::vector<peer_watch::address> addresses() const {
    const peer_watch::address own = peer_watch::own_address();
    std::vector<peer_watch::address> all(static_cast<std::size_t>(size_));
    check(MPI_Allgather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, MPI_COMM_WORLD),
          "where the ranks are");
    return all;
  }

  void finish(std::vector<message>& messages) const {
    const patience patience(timeout_);
    clock::time_point next_look = clock::now() + look_every;
    std::vector<int> dead;
    for (;;) {
      std::erase_if(messages, [](message& each) {
        int done = 0;
        check(MPI_Test(&each.request, &done, MPI_STATUS_IGNORE), "a message");
        return done != 0;
      });
      if (messages.empty()) return;
      if (!patience.wait())
        give_up(messages, concat("had no answer from rank ", listed(peers_of(messages)), " for ", timeout_,
                                 " seconds; it has died or hangs"));
      if (clock::now() < next_look) continue;
      next_look = clock::now() + look_every;
      // Twice, as what it sent before it ended may still be on its way.
      const std::vector<int> dead_before = std::exchange(dead, ended_among(messages));
      if (!dead_before.empty() && dead_before == dead)
        give_up(messages, concat("cannot go on: rank ", listed(dead), " has died"));
    }
  }

  [[noreturn]] void give_up(std::vector<message>& messages, const std::string& why) const {
    for (message& each : messages) MPI_Cancel(&each.request);  // their memory goes with the error
    throw error(error_kind::runtime, concat("distributed: rank ", rank_, " ", why));
  }

  static std::vector<int> peers_of(const std::vector<message>& messages) {
    std::set<int> peers;
    for (const message& each : messages) peers.insert(each.peer);
    return {peers.begin(), peers.end()};
  }

  std::vector<int> ended_among(const std::vector<message>& messages) const {
    std::vector<int> peers = peers_of(messages);
    std::erase_if(peers, [&](int peer) { return !peers_->ended(peer); });
    return peers;
  }

  static std::string listed(const std::vector<int>& peers) {
    std::string text;
    for (const int peer : peers) text += concat(text.empty() ? "" : ", ", peer);
    return text;
  }

  static constexpr std::chrono::milliseconds look_every{100};

  double timeout_;
  int rank_ = 0, size_ = 1, local_rank_ = 0;
  bool failed_ = false;
  std::optional<peer_watch> peers_;
};

}  // namespace
}  // namespace zoetrope

extern "C" zoetrope::transport* zt_open_mpi_transport(double timeout) {
  return new zoetrope::mpi_transport(timeout);
}
