// See weight_stream.hpp.
#include "core/tensor/weight_stream.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <set>

namespace zoetrope {

namespace {

int64_t bytes_of(const std::vector<parameter_slot>& slots, at::ScalarType dtype) {
  int64_t bytes = 0;
  for (const parameter_slot& slot : slots)
    bytes += c10::multiply_integers(slot.shape) * static_cast<int64_t>(at::elementSize(dtype));
  return bytes;
}

}  // namespace

stream_options stream_options_for(at::DeviceType device) {
  constexpr int64_t gpu_ahead = int64_t{128} << 20;
  return {.ahead = device == at::kCPU ? 0 : gpu_ahead};
}

bool is_streamed(const module& layer, at::ScalarType dtype, const stream_options& options) {
  return layer.borrows() && bytes_of(layer.slots(), dtype) >= options.smallest_layer;
}

weight_stream::weight_stream(module& root, const weight_source& source, const stream_options& options)
    : source_(source), options_(options) {
  const at::Device device = source.options().device;
  if (!device.is_cpu()) copies_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
  adopt(root);
  std::set<const at::Tensor*> borrowed;
  for (auto& [owner, layer] : layers_) {
    for (const parameter_slot& slot : layer.slots) {
      *slot.tensor = at::Tensor();
      borrowed.insert(slot.tensor);
    }
    layer.owner->set_lender(this);
  }
  for (const parameter_slot& slot : root.slots())
    if (!borrowed.count(slot.tensor) && !slot.tensor->defined()) *slot.tensor = source.make(slot.tensor);
  if (options_.ahead > 0) worker_ = std::thread([this] { work(); });
}

weight_stream::~weight_stream() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
  for (auto& [owner, layer] : layers_) {
    layer.owner->set_lender(nullptr);
    for (const parameter_slot& slot : layer.slots) *slot.tensor = at::Tensor();
  }
}

void weight_stream::adopt(module& part) {
  if (is_streamed(part, source_.options().dtype, options_)) {
    lent_layer layer{.owner = &part, .slots = part.slots()};
    layer.bytes = bytes_of(layer.slots, source_.options().dtype);
    layers_.emplace(&part, std::move(layer));
  }
  for (const auto& [name, child] : part.children()) adopt(*child);
}

weight_stream::fetched weight_stream::fetch(const lent_layer& layer) const {
  const c10::InferenceMode no_autograd;
  fetched got;
  try {
    const c10::OptionalStreamGuard on_side(copies_);
    for (const parameter_slot& slot : layer.slots) got.tensors.push_back(source_.make(slot.tensor));
    if (copies_) {
      got.done.emplace(copies_->device_type());
      got.done->record(*copies_);
    }
  } catch (...) {
    got.failure = std::current_exception();
  }
  return got;
}

void weight_stream::lend(const module& borrower) {
  lent_layer& layer = layers_.at(&borrower);
  std::unique_lock lock(mutex_);
  if (layer.uses++ > 0) return;
  if (last_ != nullptr) last_->next = &layer;
  last_ = &layer;

  using state = lent_layer::state;
  if (layer.now == state::queued) {  // sooner fetched here than waited for
    queue_.erase(std::find(queue_.begin(), queue_.end(), &layer));
    ahead_ -= layer.bytes;
    layer.now = state::away;
  }
  if (layer.now == state::away) {
    layer.now = state::fetching;
    lock.unlock();
    fetched got = fetch(layer);
    lock.lock();
    layer.ready = std::move(got);
  } else {
    changed_.wait(lock, [&] { return layer.now == state::here; });
    ahead_ -= layer.bytes;
  }
  hand_over(layer);
  look_ahead(layer);
}

void weight_stream::hand_over(lent_layer& layer) {
  fetched got = std::move(layer.ready);
  layer.ready = {};
  layer.now = lent_layer::state::lent;
  if (got.failure) {
    layer.now = lent_layer::state::away;
    layer.uses = 0;
    std::rethrow_exception(got.failure);
  }
  if (got.done) {
    const c10::Stream current =
        c10::impl::VirtualGuardImpl(copies_->device_type()).getStream(copies_->device());
    got.done->block(current);
    for (at::Tensor& tensor : got.tensors) tensor.record_stream(current);
  }
  for (std::size_t i = 0; i < layer.slots.size(); ++i) *layer.slots[i].tensor = std::move(got.tensors[i]);
}

void weight_stream::look_ahead(const lent_layer& from) {
  if (!worker_.joinable()) {
    if (from.next != nullptr)
      for (const parameter_slot& slot : from.next->slots) source_.expect(slot.tensor);
    return;
  }
  std::size_t seen = 0;  // the layers follow one another in a ring
  for (lent_layer* layer = from.next; layer != nullptr && ++seen < layers_.size(); layer = layer->next) {
    if (layer->now != lent_layer::state::away) continue;
    if (ahead_ > 0 && ahead_ + layer->bytes > options_.ahead) break;
    layer->now = lent_layer::state::queued;
    ahead_ += layer->bytes;
    queue_.push_back(layer);
  }
  changed_.notify_all();
}

void weight_stream::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    if (ending_) return;
    lent_layer& layer = *queue_.front();
    queue_.pop_front();
    layer.now = lent_layer::state::fetching;
    lock.unlock();
    fetched got = fetch(layer);
    lock.lock();
    layer.ready = std::move(got);
    layer.now = lent_layer::state::here;
    changed_.notify_all();
  }
}

void weight_stream::take_back(const module& borrower) {
  lent_layer& layer = layers_.at(&borrower);
  const std::lock_guard lock(mutex_);
  if (--layer.uses > 0) return;
  for (const parameter_slot& slot : layer.slots) {
    *slot.tensor = at::Tensor();
    if (source_.maps(slot.tensor)) source_.rest(slot.tensor);
  }
  layer.now = lent_layer::state::away;
}

}  // namespace zoetrope
