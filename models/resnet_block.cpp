// See resnet_block.hpp. All are one class with other options.
#include "models/resnet_block.hpp"

#include "models/resnet_block_3d.hpp"

namespace zoetrope {

namespace {

using block = resnet_block_3d;

block::options at_site(const resnet_site& site) {
  return {.in_channels = site.in_channels,
          .out_channels = site.out_channels,
          .time_channels = site.time_channels,
          .groups = site.groups,
          .groups_out = site.groups,
          .eps = site.eps,
          .scale_shift = site.scale_shift,
          .output_scale_factor = site.output_scale_factor,
          .shortcut = site.in_channels != site.out_channels,
          .scope = site.scope};
}

block::gating read_gate(const config& options, const char* fallback) {
  static const registry<block::gating> gates("gate",
                                             {{"none", block::gating::none, "no gate"},
                                              {"frame", block::gating::frame, "pooled frame by frame"},
                                              {"clip", block::gating::clip, "pooled over the clip"}});
  return gates.find(options.get("gate", fallback));
}

void read_time(const config& options, block::options& read) {
  read.scale_shift = options.get("scale_shift", read.scale_shift);
}

std::unique_ptr<resnet_block> make_hotshot(const config&, const resnet_site& site) {
  return std::make_unique<block>(at_site(site));
}

std::unique_ptr<resnet_block> make_scale_shift(const config&, const resnet_site& site) {
  block::options read = at_site(site);
  read.scale_shift = true;
  return std::make_unique<block>(read);
}

std::unique_ptr<resnet_block> make_inflated(const config& options, const resnet_site& site,
                                            block::convolutions kind) {
  block::options read = at_site(site);
  read.convolution = kind;
  read_time(options, read);
  read.causal = options.get("causal", false);
  if (read.causal && !site.scope.is_frame())
    throw options.at("causal").fail("the norms would see later frames: wanted norm_scope 'frame'");
  read.gate = read_gate(options, "none");
  if (read.causal && read.gate == block::gating::clip)
    throw options.at("causal").fail("a gate pooled over the clip would see later frames: wanted 'frame'");
  return std::make_unique<block>(read);
}

std::unique_ptr<resnet_block> make_pseudo_3d(const config& options, const resnet_site& site) {
  return make_inflated(options, site, block::convolutions::pseudo_3d);
}

std::unique_ptr<resnet_block> make_full_3d(const config& options, const resnet_site& site) {
  return make_inflated(options, site, block::convolutions::full_3d);
}

std::unique_ptr<resnet_block> make_global_context(const config& options, const resnet_site& site) {
  block::options read = at_site(site);
  read_time(options, read);
  read.gate = read_gate(options, "clip");
  if (read.gate == block::gating::none) throw options.at("gate").fail("got 'none', wanted 'frame' or 'clip'");
  return std::make_unique<block>(read);
}

}  // namespace

registry<resnet_block_maker>& resnet_blocks() {
  static registry<resnet_block_maker> table(
      "residual block",
      {{"hotshot", make_hotshot, "2-D convolutions; the time embedding is added"},
       {"scale_shift", make_scale_shift, "the time embedding scales and shifts the second norm"},
       {"pseudo_3d", make_pseudo_3d, "a convolution over the frames behind each 2-D one"},
       {"full_3d", make_full_3d, "3-D convolutions"},
       {"global_context", make_global_context, "channels are gated by a pooled context"}});
  return table;
}

std::unique_ptr<resnet_block> make_resnet_block(const config& options, const resnet_site& site) {
  return resnet_blocks().chosen(options, "hotshot")(options, site);
}

}  // namespace zoetrope
