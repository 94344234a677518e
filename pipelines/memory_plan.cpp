// See memory_plan.hpp.
#include "pipelines/memory_plan.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "core/tensor/machine.hpp"
#include "core/tensor/meta_run.hpp"
#include "core/tensor/tensor_heap.hpp"
#include "core/tensor/weight_stream.hpp"
#include "models/layers.hpp"
#include "pipelines/denoising_plan.hpp"
#include "pipelines/part_at_work.hpp"

namespace zoetrope {

namespace {

struct named_part {
  std::string name;
  module* part;
  at::ScalarType dtype;
  std::vector<run_phase> works;  ///< when it does
  bool works_in(run_phase phase) const { return std::find(works.begin(), works.end(), phase) != works.end(); }
};

std::vector<named_part> parts_of(const text_to_video_model& model) {
  using enum run_phase;
  std::vector<named_part> parts{{"text_encoder", model.text_encoder.get(), model.dtype, {text}},
                                {"text_encoder_2", model.text_encoder_2.get(), model.dtype, {text}},
                                {"unet", model.unet.get(), model.dtype, {denoising}}};
  for (std::size_t i = 0; i < model.controlnets.size(); ++i)
    parts.push_back({concat("controlnet ", i), model.controlnets[i].get(), model.dtype, {denoising}});
  parts.push_back({"vae", model.vae.get(), model.vae_dtype, {encoding, decoding}});
  return parts;
}

int64_t bytes_of(const parameter_slot& slot, at::ScalarType dtype) {
  return c10::multiply_integers(slot.shape) * static_cast<int64_t>(at::elementSize(dtype));
}

// Of a mapped table only the rows that are asked for come into memory.
void collect_tables(const module& part, std::vector<const at::Tensor*>& tables) {
  if (dynamic_cast<const embedding*>(&part) != nullptr)
    for (const parameter_slot& slot : part.slots()) tables.push_back(slot.tensor);
  for (const auto& [name, child] : part.children()) collect_tables(*child, tables);
}

part_memory weights_of(const text_to_video_model& model, const named_part& named) {
  part_memory memory{named.name};
  const auto source = model.sources.find(named.name);
  std::vector<const at::Tensor*> tables;
  collect_tables(*named.part, tables);
  for (const parameter_slot& slot : named.part->slots()) {
    const bool mapped = source != model.sources.end() && source->second->maps(slot.tensor);
    const bool table = std::find(tables.begin(), tables.end(), slot.tensor) != tables.end();
    if (mapped && table) continue;
    (mapped ? memory.mapped : memory.copied) += bytes_of(slot, named.dtype);
  }
  return memory;
}

void fill_with_meta(const named_part& named) {
  const counted_as kind(memory_kind::uncounted);
  for (const parameter_slot& slot : named.part->slots())
    *slot.tensor =
        at::empty(slot.shape, at::TensorOptions(at::kMeta).dtype(named.dtype),
                  slot.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

// Counts what a weight_stream would hold: the layers that are lent, and those that are fetched ahead.
class counted_lender final : public weight_lender {
 public:
  counted_lender(module& root, at::ScalarType dtype, const stream_options& options)
      : dtype_(dtype), options_(options) {
    adopt(root);
    if (options.ahead > 0) ahead_ = claimed(std::max(std::min(options.ahead, total_), largest_));
  }
  ~counted_lender() override {
    for (module* layer : layers_) layer->set_lender(nullptr);
  }
  void lend(const module& layer) override {
    lent& now = lent_[&layer];
    if (now.uses++ == 0) now.claim = claimed(bytes_of_layer(layer));
  }
  void take_back(const module& layer) override {
    lent& now = lent_[&layer];
    if (--now.uses == 0) now.claim = at::Tensor();
  }
  /// Of the layers that are streamed, all together.
  int64_t total() const { return total_; }

 private:
  struct lent {
    int uses = 0;
    at::Tensor claim;
  };
  static at::Tensor claimed(int64_t bytes) {
    const counted_as kind(memory_kind::weights);
    return at::empty({bytes}, at::TensorOptions(at::kMeta).dtype(at::kByte));
  }
  int64_t bytes_of_layer(const module& layer) const {
    int64_t bytes = 0;
    for (const parameter_slot& slot : layer.slots()) bytes += bytes_of(slot, dtype_);
    return bytes;
  }
  void adopt(module& part) {
    if (is_streamed(part, dtype_, options_)) {
      part.set_lender(this);
      layers_.push_back(&part);
      total_ += bytes_of_layer(part);
      largest_ = std::max(largest_, bytes_of_layer(part));
    }
    for (const auto& [name, child] : part.children()) adopt(*child);
  }

  const at::ScalarType dtype_;
  const stream_options options_;
  std::vector<module*> layers_;
  std::map<const module*, lent> lent_;
  int64_t total_ = 0, largest_ = 0;
  at::Tensor ahead_;
};

// Two steps: the second one holds what the first one left. Controls are on all the time.
text_to_video_call shortened(const text_to_video_model& model, const text_to_video_call& given) {
  text_to_video_call call = in_few_steps(model, given, 2);
  call.noise = [](at::IntArrayRef shape, at::ScalarType dtype) {
    return at::empty(shape, at::TensorOptions(at::kMeta).dtype(dtype));
  };
  for (control& net : call.controls) net.start = 0, net.end = 1;
  call.on_step = {};
  call.on_frame = {};
  call.warn = {};
  // What stays where is counted apart.
  call.memory.drop_text_encoders = call.memory.offload = call.memory.stream = false;
  return call;
}

}  // namespace

int64_t memory_plan::peak() const { return process + largest_phase().total(); }

const phase_memory& memory_plan::largest_phase() const {
  return *std::max_element(phases.begin(), phases.end(),
                           [](const auto& a, const auto& b) { return a.total() < b.total(); });
}

// Which weights are held in a phase, besides those that a lender counts: parts that stay are there from the
// beginning, parts that leave come when they work (part_at_work.hpp).
struct memory_planner::residency {
  const memory_policy& policy;
  const std::map<std::string, int64_t>& streamed;  ///< bytes by part

  int64_t of(const part_memory& memory, const named_part& part, run_phase phase, bool begun) const {
    const bool works = part.works_in(phase);
    const bool leaves = policy.offload || (policy.drop_text_encoders && part.works_in(run_phase::text)) ||
                        (policy.stream && part.works_in(run_phase::denoising));
    const auto lent = streamed.find(part.name);
    const int64_t weights = memory.weights() - (lent == streamed.end() ? 0 : lent->second);
    if (leaves) return works ? weights : 0;
    return begun ? weights : memory.copied;
  }
};

memory_planner::memory_planner(text_to_video_model model, const held_beside& beside)
    : model_(std::move(model)), device_(model_.device), beside_(beside) {
  const meta_run run(device_);
  for (const named_part& part : parts_of(model_)) {
    parts_.push_back(weights_of(model_, part));
    fill_with_meta(part);
  }
  model_.sources.clear();  // files are not needed any more
  model_.device = at::kMeta;
}

memory_planner::~memory_planner() = default;

std::vector<phase_memory> memory_planner::run(const text_to_video_call& call) const {
  std::vector<phase_memory> phases;
  meta_run run(device_);
  std::vector<std::unique_ptr<counted_lender>> lenders;
  std::map<std::string, int64_t> streamed;
  const std::vector<named_part> parts = parts_of(model_);
  std::map<std::string, bool> begun;

  const auto begin = [&](run_phase phase) {
    for (const named_part& part : parts) {
      begun[part.name] = begun[part.name] || part.works_in(phase);
      if (!call.memory.stream || phase != run_phase::denoising || !part.works_in(phase)) continue;
      lenders.push_back(std::make_unique<counted_lender>(*part.part, part.dtype,
                                                         stream_options_of(call.memory, device_.type())));
      streamed[part.name] = lenders.back()->total();
    }
    run.restart_peak();
    phases.push_back({phase});
  };
  const auto end = [&] {
    const memory_tally peak = run.peak();
    phase_memory& done = phases.back();
    done.weights = peak.weights;
    done.activations = peak.activations;
    done.cache = peak.cache;
    done.workspace = peak.workspace;
    const residency stays{call.memory, streamed};
    for (std::size_t i = 0; i < parts.size(); ++i)
      done.weights += stays.of(parts_[i], parts[i], done.phase, begun[parts[i].name]);
    lenders.clear();
    streamed.clear();
  };
  const phase_listener listening(begin, end);
  const text_to_video_result result = text_to_video(model_, shortened(model_, call));
  if (beside_.writing > 0 && result.video.defined()) {
    begin(run_phase::writing);
    end();
    phases.back().workspace += beside_.writing;
  }
  return phases;
}

memory_plan memory_planner::plan(const text_to_video_call& call) const {
  return {beside_.process, parts_, run(call)};
}

namespace {

// One of each kind that a model is made of, large enough for all threads.
void compute_a_little() {
  const c10::InferenceMode no_autograd;
  const at::Tensor tokens = at::ones({2, 256, 64}), picture = at::ones({2, 64, 32, 32}),
                   image = picture.contiguous(at::MemoryFormat::ChannelsLast);
  at::linear(tokens, at::ones({64, 64}), at::ones({64}));
  at::matmul(tokens, tokens.transpose(1, 2)).softmax(-1);
  at::layer_norm(tokens, {64});
  at::gelu(tokens);
  const at::Tensor heads = tokens.unsqueeze(1);
  at::scaled_dot_product_attention(heads, heads, heads);
  for (const int64_t stride : {1, 2}) at::conv2d(image, at::ones({64, 64, 3, 3}), {}, stride, 1);
  at::group_norm(picture, 32);
  at::upsample_nearest2d(at::silu(image), at::IntArrayRef{64, 64});
}

}  // namespace

int64_t process_base_bytes(at::Device device) {
  if (!device.is_cpu()) return 0;
  compute_a_little();
  return process_memory().resident_bytes + tensor_heap::store;
}

}  // namespace zoetrope
