// See nccl_group.hpp.
#include "training/distributed/nccl_group.hpp"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "core/error.hpp"
#include "training/distributed/communicator.hpp"
#include "training/distributed/nccl_library.hpp"

namespace zoetrope {
namespace {

int type_of(const at::Tensor& part) {
  return part.scalar_type() == at::kDouble ? nccl_float64 : nccl_float32;
}

class nccl_group : public device_group {
 public:
  nccl_group(communicator& host, c10::Device device, double timeout)
      : nccl_(open_nccl()),
        rank_(host.rank()),
        device_(device),
        timeout_(timeout),
        guard_(device.type()),
        stream_(guard_.getStreamFromGlobalPool(device)) {
    const c10::DeviceGuard on_device(device);
    nccl_unique_id id{};
    const std::string told = host.from_first([&] {
      nccl_.check(nccl_.get_unique_id(&id), "the identifier of a group");
      return std::string(id.bytes, sizeof id.bytes);
    });
    std::memcpy(id.bytes, told.data(), sizeof id.bytes);
    nccl_.check(nccl_.comm_init_rank(&comm_, host.size(), id, rank_), "the start of a group");
  }
  // Not ncclCommDestroy, which waits for the others: all that was begun here has been waited for.
  ~nccl_group() override {
    if (comm_ != nullptr) nccl_.comm_abort(comm_);
  }

  void reduce_scatter(const std::vector<at::Tensor>& parts) override {
    run(parts, [&](const at::Tensor& part, int owner, void* stream) {
      return nccl_.reduce(part.const_data_ptr(), part.mutable_data_ptr(), part.numel(), type_of(part),
                          nccl_sum, owner, comm_, stream);
    });
  }

  void all_gather(const std::vector<at::Tensor>& parts) override {
    run(parts, [&](const at::Tensor& part, int owner, void* stream) {
      return nccl_.broadcast(part.const_data_ptr(), part.mutable_data_ptr(), part.numel(), type_of(part),
                             owner, comm_, stream);
    });
  }

 private:
  template <class Operation>
  void run(const std::vector<at::Tensor>& parts, Operation&& operation) {
    const c10::DeviceGuard on_device(device_);
    guard_.synchronizeStream(guard_.getStream(device_));  // what fills the parts
    void* stream = guard_.getStreamNativeHandle(stream_);
    nccl_.check(nccl_.group_start(), "a group of operations");
    for (std::size_t owner = 0; owner < parts.size(); ++owner)
      if (parts[owner].numel() > 0)
        nccl_.check(operation(parts[owner], static_cast<int>(owner), stream), "an operation");
    nccl_.check(nccl_.group_end(), "a group of operations");
    wait();
  }

  void wait() {
    const auto begin = std::chrono::steady_clock::now();
    while (!guard_.queryStream(stream_)) {
      nccl_result result = 0;
      nccl_.check(nccl_.comm_get_async_error(comm_, &result), "the state of a group");
      const double waited = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      const bool failed = result != 0 && result != nccl_in_progress;
      if (failed || waited > timeout_) {
        nccl_.comm_abort(comm_);
        comm_ = nullptr;
        nccl_.check(failed ? result : 0, "a rank");
        throw error(error_kind::runtime, concat("distributed: rank ", rank_, " had no answer on its GPU for ",
                                                timeout_, " seconds; a rank has died or hangs"));
      }
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  const nccl_library& nccl_;
  int rank_;
  c10::Device device_;
  double timeout_;
  c10::impl::VirtualGuardImpl guard_;
  c10::Stream stream_;
  nccl_comm* comm_ = nullptr;
};

}  // namespace

std::unique_ptr<device_group> open_nccl_group(communicator& host, c10::Device device, double timeout) {
  return std::make_unique<nccl_group>(host, device, timeout);
}

}  // namespace zoetrope
