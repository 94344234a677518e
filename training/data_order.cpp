// See data_order.hpp. Permutations by Fisher and Yates (Knuth, TAOCP 2, algorithm 3.4.2P), each epoch with
// a sequence of SplitMix64 of its own.
#include "training/data_order.hpp"

#include <map>
#include <utility>

#include "core/error.hpp"
#include "core/shapes/splitmix.hpp"

namespace zoetrope {
namespace {

// 0 … n - 1, each as likely: numbers below 2^64 mod n are drawn anew.
uint64_t below(uint64_t n, splitmix& random) {
  const uint64_t surplus = (0 - n) % n;
  uint64_t drawn;
  do drawn = random.next();
  while (drawn < surplus);
  return drawn % n;
}

template <class Element>
void shuffle(std::vector<Element>& elements, splitmix& random) {
  for (std::size_t left = elements.size(); left > 1; --left)
    std::swap(elements[left - 1], elements[below(left, random)]);
}

}  // namespace

struct data_order::epoch_order {
  int64_t epoch;
  std::vector<std::vector<int64_t>> buckets;  // each permuted

  struct batch_place {
    std::size_t bucket;
    int64_t batch;  // of that bucket
  };
  std::vector<batch_place> batches;
};

data_order::data_order(std::vector<int64_t> buckets, const data_order_options& options) : options_(options) {
  ZT_CHECK(!buckets.empty(), usage, "data order: there is no example");
  ZT_CHECK(options.global_batch >= 1, usage, "data order: a batch of ", options.global_batch);
  std::map<int64_t, std::vector<int64_t>> by_number;
  for (std::size_t i = 0; i < buckets.size(); ++i) by_number[buckets[i]].push_back(static_cast<int64_t>(i));
  for (auto& [number, indices] : by_number) {
    batches_per_epoch_ +=
        (static_cast<int64_t>(indices.size()) + options.global_batch - 1) / options.global_batch;
    buckets_.push_back(std::move(indices));
  }
}

data_order::~data_order() = default;

std::shared_ptr<const data_order::epoch_order> data_order::order_of(int64_t epoch) const {
  const std::lock_guard lock(mutex_);
  if (latest_ && latest_->epoch == epoch) return latest_;
  auto order = std::make_shared<epoch_order>(epoch_order{epoch, buckets_, {}});
  splitmix random(options_.seed, static_cast<uint64_t>(epoch));
  for (std::size_t b = 0; b < order->buckets.size(); ++b) {
    shuffle(order->buckets[b], random);
    const auto examples = static_cast<int64_t>(order->buckets[b].size());
    for (int64_t first = 0; first < examples; first += options_.global_batch)
      order->batches.push_back({b, first / options_.global_batch});
  }
  shuffle(order->batches, random);
  return latest_ = std::move(order);
}

std::vector<int64_t> data_order::global_batch(int64_t position) const {
  ZT_CHECK(position >= 0, usage, "data order: position ", position);
  const auto order = order_of(epoch_of(position));
  const auto& place = order->batches[static_cast<std::size_t>(position % batches_per_epoch_)];
  const std::vector<int64_t>& bucket = order->buckets[place.bucket];
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < options_.global_batch; ++i)
    indices.push_back(
        bucket[static_cast<std::size_t>(place.batch * options_.global_batch + i) % bucket.size()]);
  return indices;
}

}  // namespace zoetrope
