// See store_transport.hpp.
#include "training/distributed/store_transport.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstring>

#include "core/tensor/torch_error.hpp"

namespace zoetrope {
namespace {

constexpr std::size_t longest = std::size_t{4} << 20;  // of a value; the store's server refuses 8 MiB

/// Calls `body`; libtorch's error becomes ours, without its stack.
template <class Body>
void over_store(const std::string& what, Body&& body) {
  try {
    body();
  } catch (const c10::Error& failure) {
    throw as_error(failure).add_context(concat("distributed: ", what));
  }
}

class store_transport : public transport {
 public:
  store_transport(const launch& started, double timeout) : started_(started), timeout_(timeout) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(started.port);
    options.isServer = started.rank == 0 && !started.hosted;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(static_cast<int64_t>(timeout * 1000));
    over_store(
        concat("rank ", started.rank, ": the store at ", printable(started.address), ":", started.port), [&] {
          store_ = c10::make_intrusive<c10d::PrefixStore>(
              "zoetrope/" + started.attempt, c10::make_intrusive<c10d::TCPStore>(started.address, options));
        });
  }
  // Rank 0 may be the server: it stays until the others have taken their last message.
  ~store_transport() override {
    if (failed_ || std::uncaught_exceptions() > 0) return;
    try {
      const char bye = 0;
      std::vector<char> heard(static_cast<std::size_t>(size()));
      std::vector<outgoing> to(heard.size());
      std::vector<incoming> from(heard.size());
      for (std::size_t r = 0; r < heard.size(); ++r)
        if (rank() == 0)
          from[r] = {&heard[r], 1};
        else if (r == 0)
          to[r] = {&bye, 1};
      exchange(to, from);
    } catch (
        const std::exception&) {  // the work is done: whoever is late finds no server, and says so itself
    }
  }

  int rank() const override { return started_.rank; }
  int size() const override { return started_.size; }
  int local_rank() const override { return started_.local_rank; }

  void exchange(const std::vector<outgoing>& to, const std::vector<incoming>& from) override {
    ZT_CHECK(!failed_, runtime, "distributed: an exchange has failed before");
    failed_ = true;
    for (int r = 0; r < size(); ++r)
      if (r != rank()) send(r, to[static_cast<std::size_t>(r)]);
    for (int r = 0; r < size(); ++r)
      if (r != rank()) receive(r, from[static_cast<std::size_t>(r)]);
    ++count_;
    failed_ = false;
  }

 private:
  std::string key(int source, int target, std::size_t done) const {
    return concat(count_, "/", source, "/", target, "/", done);
  }

  void send(int peer, const outgoing& message) {
    const auto* bytes = static_cast<const uint8_t*>(message.data);
    over_store(concat("rank ", rank(), " cannot send to rank ", peer), [&] {
      for (std::size_t done = 0; done < message.bytes; done += longest)
        store_->set(key(rank(), peer, done),
                    std::vector<uint8_t>(bytes + done, bytes + std::min(done + longest, message.bytes)));
    });
  }

  void receive(int peer, const incoming& message) {
    over_store(concat("rank ", rank(), " had no answer from rank ", peer, " for ", timeout_,
                      " seconds; it has died or hangs"),
               [&] {
                 for (std::size_t done = 0; done < message.bytes; done += longest) {
                   const std::string name = key(peer, rank(), done);
                   const std::vector<uint8_t> got = store_->get(name);
                   const std::size_t wanted = std::min(longest, message.bytes - done);
                   ZT_CHECK(got.size() == wanted, runtime, "distributed: rank ", peer, " sent ", got.size(),
                            " bytes, wanted ", wanted);
                   std::memcpy(static_cast<uint8_t*>(message.data) + done, got.data(), wanted);
                   store_->deleteKey(name);
                 }
               });
  }

  launch started_;
  double timeout_;
  c10::intrusive_ptr<c10d::Store> store_;
  int64_t count_ = 0;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<transport> open_store_transport(const launch& started, double timeout) {
  return std::make_unique<store_transport>(started, timeout);
}

}  // namespace zoetrope
