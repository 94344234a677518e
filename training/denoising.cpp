// See denoising.hpp.
#include "training/denoising.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/names.hpp"
#include "models/feed_forward.hpp"
#include "training/name_patterns.hpp"

namespace zoetrope {

namespace {

void collect_feed_forwards(const module& part, std::vector<std::string>& names) {
  for (const auto& [name, child] : part.children()) {
    if (dynamic_cast<const feed_forward*>(child)) names.push_back("unet." + child->path());
    collect_feed_forwards(*child, names);
  }
}

// Of blocks: resnets, transformers and temporal modules; and every feed-forward layer of these.
std::vector<std::string> layers_of(const unet3d& unet) {
  std::vector<const module*> blocks;
  for (const auto& [name, child] : unet.children()) {
    if (name == "mid_block") blocks.push_back(child);
    if (name == "down_blocks" || name == "up_blocks")
      for (const auto& [number, block] : child->children()) blocks.push_back(block);
  }
  std::vector<std::string> names;
  for (const module* block : blocks)
    for (const auto& [name, list] : block->children())
      if (!name.ends_with("samplers"))
        for (const auto& [number, layer] : list->children()) names.push_back("unet." + layer->path());
  collect_feed_forwards(unet, names);
  return names;
}

}  // namespace

at::Tensor denoising::answer(const denoising_batch& batch, const noise_draw& drawn) const {
  const projected_text text = unet.project_text(batch.text.prompt_embeds);
  unet_input input;
  input.sample = aim.noised(batch.latents, drawn).to(dtype);
  input.timestep = aim.timesteps(drawn.levels).to(batch.latents.device(), /*non_blocking=*/true);
  input.text = &text;
  input.text_embeds = batch.text.pooled;
  input.time_ids = batch.time_ids;
  input.temporal = batch.latents.size(2) > 1;
  input.recompute = recompute;
  return unet.forward(input);
}

at::Tensor denoising::losses(const denoising_batch& batch, uint64_t seed, const batch_share& share) const {
  noise_draw drawn = aim.draw(seed, share.step, share.first, share.batch, batch.latents.sizes());
  drawn.noise = drawn.noise.to(batch.latents.device());
  return aim.losses(answer(batch, drawn), batch.latents, drawn);
}

layer_choice chosen_layers(const unet3d& unet, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return {};
  const name_patterns chosen(patterns);
  const std::vector<std::string> names = layers_of(unet), idle = chosen.idle(names);
  ZT_CHECK(idle.empty(), usage, "recompute: no layer is called ", joined(idle), "; there are ", names.size(),
           ", as ", names.front());
  return [chosen](const std::string& path) { return chosen.match("unet." + path); };
}

}  // namespace zoetrope
