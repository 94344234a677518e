// See part_at_work.hpp.
#include "pipelines/part_at_work.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace zoetrope {

stream_options stream_options_of(const memory_policy& policy, at::DeviceType device) {
  stream_options options = stream_options_for(device);
  options.smallest_layer = policy.smallest;
  return options;
}

namespace {

bool has_its_weights(const module& part) {
  const auto slots = part.slots();
  return std::all_of(slots.begin(), slots.end(), [](const auto& slot) { return slot.tensor->defined(); });
}

void move_to(module& part, at::Device device) {
  for (const parameter_slot& slot : part.slots()) *slot.tensor = slot.tensor->to(device);
}

std::unique_ptr<part_at_work> working(const text_to_video_model& model, const std::string& name, module& part,
                                      weight_stay stay, const memory_policy& policy) {
  return std::make_unique<part_at_work>(model, name, part, stay,
                                        stream_options_of(policy, model.device.type()));
}

weight_stay stay_of_text_encoders(const memory_policy& policy) {
  return policy.drop_text_encoders || policy.offload ? weight_stay::leave : weight_stay::keep;
}
weight_stay stay_of_denoisers(const memory_policy& policy) {
  return policy.stream ? weight_stay::stream : policy.offload ? weight_stay::leave : weight_stay::keep;
}
weight_stay stay_of_vae(const memory_policy& policy) {
  return policy.offload ? weight_stay::leave : weight_stay::keep;
}

}  // namespace

part_at_work::part_at_work(const text_to_video_model& model, const std::string& name, module& part,
                           weight_stay stay, const stream_options& options)
    : part_(part), from_file_(model.sources.count(name) > 0), leaves_(stay != weight_stay::keep) {
  if (stay == weight_stay::stream) {
    ZT_CHECK(from_file_, usage, name, ": weights that came from no file cannot be streamed");
    stream_ = std::make_unique<weight_stream>(part, *model.sources.at(name), options);
    return;
  }
  if (!has_its_weights(part)) {
    ZT_CHECK(from_file_, usage, name, ": has no weights, and there is no file to take them from");
    model.sources.at(name)->fill();
  }
  move_to(part, model.device);
}

part_at_work::~part_at_work() {
  if (!leaves_) return;
  stream_.reset();
  if (from_file_)
    part_.release();
  else
    move_to(part_, at::kCPU);
}

parts_at_work text_encoders_at_work(const text_to_video_model& model, const memory_policy& policy) {
  const weight_stay stay = stay_of_text_encoders(policy);
  parts_at_work parts;
  parts.push_back(working(model, "text_encoder", *model.text_encoder, stay, policy));
  parts.push_back(working(model, "text_encoder_2", *model.text_encoder_2, stay, policy));
  return parts;
}

parts_at_work denoisers_at_work(const text_to_video_model& model, const memory_policy& policy) {
  const weight_stay stay = stay_of_denoisers(policy);
  parts_at_work parts;
  parts.push_back(working(model, "unet", *model.unet, stay, policy));
  for (std::size_t i = 0; i < model.controlnets.size(); ++i)
    parts.push_back(working(model, concat("controlnet ", i), *model.controlnets[i], stay, policy));
  return parts;
}

parts_at_work vae_at_work(const text_to_video_model& model, const memory_policy& policy) {
  parts_at_work parts;
  parts.push_back(working(model, "vae", *model.vae, stay_of_vae(policy), policy));
  return parts;
}

void fill_what_stays(const text_to_video_model& model, const memory_policy& policy) {
  if (stay_of_text_encoders(policy) == weight_stay::keep) text_encoders_at_work(model, policy);
  if (stay_of_denoisers(policy) == weight_stay::keep) denoisers_at_work(model, policy);
  if (stay_of_vae(policy) == weight_stay::keep) vae_at_work(model, policy);
}

}  // namespace zoetrope
