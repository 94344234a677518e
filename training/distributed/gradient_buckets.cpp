// See gradient_buckets.hpp.
#include "training/distributed/gradient_buckets.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <numeric>

namespace zoetrope {

gradient_buckets::gradient_buckets(const trained_parameters& parameters, std::vector<int> owners,
                                   communicator& ranks, int64_t bucket_bytes)
    : parameters_(parameters),
      owners_(std::move(owners)),
      ranks_(ranks),
      bucket_elements_(bucket_bytes / static_cast<int64_t>(sizeof(float))),
      bucket_of_(parameters.size()),
      sender_(1, 1, worker_pool::place::own_threads) {
  std::vector<std::size_t> order(parameters.size());
  std::iota(order.rbegin(), order.rend(), std::size_t{0});  // what comes last is first in the backward pass
  fill_buckets(order);
}

gradient_buckets::~gradient_buckets() = default;

void gradient_buckets::fill_buckets(const std::vector<std::size_t>& order) {
  buckets_.clear();
  std::vector<std::size_t> members;
  int64_t elements = 0;
  for (const std::size_t index : order) {
    const int64_t more = parameters_[index].tensor.numel();
    if (!members.empty() && elements + more > bucket_elements_) {
      add_bucket(std::move(members));
      members.clear();
      elements = 0;
    }
    members.push_back(index);
    elements += more;
  }
  if (!members.empty()) add_bucket(std::move(members));
}

void gradient_buckets::add_bucket(std::vector<std::size_t> members) {
  std::stable_sort(members.begin(), members.end(),
                   [&](std::size_t a, std::size_t b) { return owners_[a] < owners_[b]; });
  std::vector<int64_t> owned(static_cast<std::size_t>(ranks_.size()));
  for (const std::size_t index : members) {
    bucket_of_[index] = buckets_.size();
    owned[static_cast<std::size_t>(owners_[index])] += parameters_[index].tensor.numel();
  }
  bucket made{.parameters = std::move(members)};
  made.memory = at::empty({std::accumulate(owned.begin(), owned.end(), int64_t{0})},
                          parameters_[made.parameters[0]].tensor.detach().options());
  made.parts = made.memory.split_with_sizes(owned);
  int64_t begin = 0;
  for (const std::size_t index : made.parameters) {
    const at::Tensor& parameter = parameters_[index].tensor;
    made.slots.push_back(made.memory.narrow(0, begin, parameter.numel()).view(parameter.sizes()));
    begin += parameter.numel();
  }
  buckets_.push_back(std::move(made));
}

// Two ranks may see gradients in two orders; all take rank 0's.
void gradient_buckets::follow_arrivals() {
  const std::vector<double> first = ranks_.gather({arrived_.begin(), arrived_.end()})[0];
  fill_buckets({first.begin(), first.end()});
  ordered_ = true;
}

void gradient_buckets::begin() {
  if (!ordered_ && !arrived_.empty()) follow_arrivals();
  for (bucket& each : buckets_) {
    each.memory.zero_();
    each.missing = each.parameters.size();
    for (std::size_t i = 0; i < each.slots.size(); ++i)
      parameters_[each.parameters[i]].tensor.mutable_grad() = each.slots[i];
  }
  arrived_.clear();
  next_ = 0;
}

void gradient_buckets::ready(std::size_t index) {
  arrived_.push_back(index);
  bucket& mine = buckets_[bucket_of_[index]];
  if (--mine.missing > 0) return;
  if (!mine.memory.is_cpu()) {
    const c10::Device device = mine.memory.device();
    mine.filled.emplace(device.type());
    mine.filled->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
  }
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) send(buckets_[next_]);
}

void gradient_buckets::send(bucket& full) {
  full.sent = sender_.run([this, &full] {
    if (full.filled) full.filled->synchronize();
    ranks_.reduce_scatter(full.parts);
  });
}

void gradient_buckets::finish() {
  for (bucket& each : buckets_) each.sent.get();
}

void gradient_buckets::share_values() {
  const c10::NoGradGuard no_gradient;
  for (bucket& each : buckets_) {
    for (std::size_t i = 0; i < each.slots.size(); ++i)
      if (owners_[each.parameters[i]] == ranks_.rank())
        each.slots[i].copy_(parameters_[each.parameters[i]].tensor);
    each.sent = sender_.run([this, &each] { ranks_.all_gather(each.parts); });
  }
  for (bucket& each : buckets_) {
    each.sent.get();
    for (std::size_t i = 0; i < each.slots.size(); ++i)
      if (owners_[each.parameters[i]] != ranks_.rank())
        parameters_[each.parameters[i]].tensor.detach().copy_(each.slots[i]);
  }
}

}  // namespace zoetrope
