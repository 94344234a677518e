// The ranks of a data-parallel training and what they add up and share. Sums are taken in the order of the
// ranks, g_0 + g_1 + … + g_(n-1), each rank for the part that it owns: on a CPU the same bits at every run,
// and those of one process that adds the same summands. What every operation takes is a part for each rank
// (reduce_scatter, all_gather), as the owners of ZeRO need it (Rajbhandari et al. 2020, arXiv 1910.02054,
// stage 1); both together move the bytes of one all-reduce.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "training/distributed/device_group.hpp"
#include "training/distributed/transport.hpp"

namespace zoetrope {

/// Every rank throws one at the same place, so that nobody need be told of it any more.
class agreed_error : public error {
  using error::error;
};
/// And alike: rank 0's word is enough.
class shared_error : public agreed_error {
  using agreed_error::agreed_error;
};

class communicator {
 public:
  /// One process.
  communicator();
  communicator(std::unique_ptr<transport> others, double timeout);
  ~communicator();

  int rank() const { return transport_->rank(); }
  int size() const { return transport_->size(); }
  int local_rank() const { return transport_->local_rank(); }
  bool alone() const { return size() == 1; }
  bool is_first() const { return rank() == 0; }

  // Collectives: all ranks call them in the same order, one thread at a time. Tensors are contiguous f32 or
  // f64, on a CPU or, through NCCL, on one GPU a rank; shapes are the same on all ranks. On a GPU they wait
  // for the current stream before, and for the result. error{runtime} names ranks that do not answer.

  /// parts[r] belongs to rank r: this rank's own becomes the sum over the ranks; the others keep their
  /// values.
  void reduce_scatter(const std::vector<at::Tensor>& parts);
  /// Every part becomes what its owner has.
  void all_gather(const std::vector<at::Tensor>& parts);
  /// Becomes the sum over the ranks, everywhere.
  void all_reduce(const at::Tensor& tensor);
  /// Becomes what `root` has.
  void broadcast(const at::Tensor& tensor, int root = 0);

  /// The values of all ranks, by rank; of equal length.
  std::vector<std::vector<double>> gather(const std::vector<double>& values);
  /// Rank 0's.
  std::string broadcast(std::string text);
  /// Those of all ranks, by rank.
  std::vector<std::string> gather_texts(const std::string& text);
  /// The greatest of all ranks' numbers.
  double greatest(double value);
  void barrier() { greatest(0); }

  // They may be nested. A rank that fails before it comes to an inner one leaves together with those that wait
  // there.

  /// Calls `body` on rank 0 alone; all ranks return what it returned, or throw, as a shared_error, the error
  /// that it threw.
  std::string from_first(const std::function<std::string()>& body);
  void on_first(const std::function<void()>& body);
  /// Calls `body` on every rank; where it fails on one, it throws that error, and the others one of the same
  /// kind that names the rank, all as agreed_error. Where it fails on rank 0 and on all others alike, it is a
  /// shared_error.
  void on_all(const std::function<void()>& body);

 private:
  struct outcome;
  static outcome tried(const std::function<std::string()>& body);
  void settle(const outcome& own);
  device_group& group_of(const at::Tensor& tensor);

  std::unique_ptr<transport> transport_;
  double timeout_ = 0;
  std::unique_ptr<device_group> gpus_;  // made when the first tensor of a GPU comes
};

/// As the launcher's environment says (launch.hpp). `timeout` in seconds: how long a rank waits for the
/// others.
std::unique_ptr<communicator> open_communicator(double timeout);

}  // namespace zoetrope
