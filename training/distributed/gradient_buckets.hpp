// The gradients of a rank, summed over the ranks while the backward pass still runs (Li et al. 2020, arXiv
// 2006.15704, section 3.2). Gradients live in buckets, flat pieces of memory; a bucket is sent off
// by a thread of its own as soon as all its gradients are there and all buckets before it are on their way,
// so that the ranks send in one order. Inside a bucket the parameters lie by owner.
#pragma once

#include <c10/core/Event.h>

#include <future>
#include <optional>

#include "training/distributed/communicator.hpp"
#include "training/trained_parameter.hpp"
#include "training/worker_pool.hpp"

namespace zoetrope {

class gradient_buckets {
 public:
  /// `owners`: a rank for each parameter. All parameters are contiguous f32 on one device.
  gradient_buckets(const trained_parameters& parameters, std::vector<int> owners, communicator& ranks,
                   int64_t bucket_bytes);
  /// Waits for what is on its way.
  ~gradient_buckets();

  /// Before a step: every .grad() is a zero in a bucket, to be added to.
  void begin();
  /// The gradient of parameter number `index` is complete. Each once a step; from one thread at a time.
  void ready(std::size_t index);
  /// When all are: the .grad() of parameters that this rank owns are the sums over the ranks; those of the
  /// others are of no use. After the first step the buckets follow the order in which rank 0's came.
  void finish();
  /// After the owners' steps: every parameter has its owner's value. Overwrites the gradients.
  void share_values();

  /// How many buckets there are, for who wants to know.
  std::size_t size() const { return buckets_.size(); }

 private:
  struct bucket {
    std::vector<std::size_t> parameters;  // by owner
    at::Tensor memory;
    std::vector<at::Tensor> parts;  // by owner, views
    std::vector<at::Tensor> slots;  // of the parameters, views
    std::size_t missing = 0;        // gradients of this step
    std::optional<c10::Event> filled;
    std::future<void> sent;
  };

  void follow_arrivals();
  void fill_buckets(const std::vector<std::size_t>& order);
  void add_bucket(std::vector<std::size_t> members);
  void send(bucket& full);

  const trained_parameters& parameters_;
  std::vector<int> owners_;
  communicator& ranks_;
  int64_t bucket_elements_;
  std::vector<bucket> buckets_;
  std::vector<std::size_t> bucket_of_;  // each parameter's
  std::vector<std::size_t> arrived_;    // in this step
  std::size_t next_ = 0;                // the bucket to be sent next
  bool ordered_ = false;                // as the gradients come
  worker_pool sender_;                  // last: its thread uses the rest
};

}  // namespace zoetrope
