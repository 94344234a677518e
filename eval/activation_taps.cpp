// See activation_taps.hpp.
#include "eval/activation_taps.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.hpp"

namespace zoetrope {

namespace {

// Each part of a model with what stands before the names of its layers.
template <class Visitor>
void for_each_part(const text_to_video_model& model, Visitor&& visit) {
  visit("text_encoder.", *model.text_encoder);
  visit("text_encoder_2.", *model.text_encoder_2);
  for (std::size_t i = 0; i < model.controlnets.size(); ++i)
    visit(concat("controlnet ", i, "."), *model.controlnets[i]);
  visit("", *model.unet);
  visit("vae.", *model.vae);
}

// Pieces that are not rows of one tensor are joined as one long row: they compare with the same pieces.
at::Tensor joined_pieces(std::vector<at::Tensor> pieces) {
  if (pieces.size() == 1) return pieces[0];
  const auto rows_of_one = [&](const at::Tensor& piece) {
    return piece.dim() > 0 && piece.sizes().slice(1) == pieces[0].sizes().slice(1);
  };
  if (!std::all_of(pieces.begin(), pieces.end(), rows_of_one))
    for (at::Tensor& piece : pieces) piece = piece.flatten();
  return at::cat(pieces);
}

bool contains(const std::string& name, const std::string& text) {
  return name.find(text) != std::string::npos;
}

bool has_layer_below(const module& part, const std::string& prefix, const std::string& text) {
  return std::any_of(part.children().begin(), part.children().end(), [&](const auto& named) {
    return contains(prefix + named.second->path(), text) || has_layer_below(*named.second, prefix, text);
  });
}

}  // namespace

bool has_layer(const text_to_video_model& model, const std::string& text) {
  bool found = contains("unet", text) || contains("latents", text) || contains("video", text);
  for_each_part(model, [&](const std::string& prefix, const module& part) {
    found = found || has_layer_below(part, prefix, text);
  });
  return found;
}

activation_taps::activation_taps(const text_to_video_model& model, std::vector<std::string> wanted)
    : model_(model), wanted_(std::move(wanted)) {
  for_each_part(model, [this](const std::string& prefix, module& part) {
    const bool denoises = prefix.empty() || prefix.starts_with("controlnet");
    part.set_tap([this, prefix, denoises](const std::string& path, const at::Tensor& output) {
      if (denoises) step_ = std::max<int64_t>(step_, 1);
      add(prefix + path, output);
    });
  });
}

activation_taps::~activation_taps() {
  for_each_part(model_, [](const std::string&, module& part) { part.set_tap({}); });
}

void activation_taps::add(const std::string& layer, const at::Tensor& output) {
  const auto named = [&](const std::string& text) { return contains(layer, text); };
  if (!wanted_.empty() && std::none_of(wanted_.begin(), wanted_.end(), named)) return;
  auto& pieces = outputs_[{step_, layer}];
  if (pieces.empty()) order_.emplace_back(step_, layer);
  pieces.push_back(output.clone());  // later layers may write into its memory
}

activations activation_taps::take(int64_t next) {
  activations all;
  for (const auto& key : order_)
    all.push_back({key.first, key.second, joined_pieces(std::move(outputs_.at(key)))});
  order_.clear();
  outputs_.clear();
  step_ = next;
  return all;
}

text_to_video_result run_tapped(const text_to_video_model& model, text_to_video_call call,
                                const std::vector<std::string>& wanted,
                                const std::function<bool(const activations&)>& see) {
  activation_taps taps(model, wanted);
  call.on_step = [&](const step_report& step) {
    taps.add("unet", step.unet_output);
    taps.add("latents", step.latents);
    return see(taps.take(step.index + 2));
  };
  text_to_video_result result = text_to_video(model, call);
  if (result.video.defined()) taps.add("video", result.video);
  ZT_CHECK(see(taps.take(0)), interrupted, "cancelled after decoding");
  return result;
}

}  // namespace zoetrope
