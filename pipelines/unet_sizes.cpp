// See unet_sizes.hpp.
#include "pipelines/unet_sizes.hpp"

namespace zoetrope {

namespace {

template <class Read>
std::string for_each_level(const unet_options& options, Read read) {
  std::vector<std::string> values;
  for (const unet_block_options& block : options.down) values.push_back(concat(read(block)));
  return concat("[", joined(values, ", "), "]");
}

}  // namespace

unet_sizes way_down_sizes(const unet_options& options) {
  const auto widths = [](const unet_block_options& block) { return block.out_channels; };
  const auto layers = [](const unet_block_options& block) { return block.layers; };
  return {{"in_channels", concat(options.in_channels)},
          {"block_out_channels", for_each_level(options, widths)},
          {"layers_per_block", for_each_level(options, layers)}};
}

unet_sizes spatial_sizes(const unet_options& options) {
  const auto heads = [](const unet_block_options& block) { return block.cross_attention ? block.heads : 0; };
  const auto depths = [](const unet_block_options& block) {
    return block.cross_attention ? block.depths.front() : 0;
  };
  unet_sizes sizes = way_down_sizes(options);
  sizes.insert(sizes.end(),
               {{"out_channels", concat(options.out_channels)},
                {"attention_head_dim", for_each_level(options, heads)},
                {"transformer_layers_per_block", for_each_level(options, depths)},
                {"cross_attention_dim", concat(options.cross_attention_dim)},
                {"norm_num_groups", concat(options.groups)},
                {"time_embedding_dim", concat(options.time_channels)},
                {"addition_embed_type", options.text_time ? "text_time" : "none"},
                {"addition_time_embed_dim", concat(options.addition_time_channels)},
                {"projection_class_embeddings_input_dim", concat(options.addition_input_channels)}});
  return sizes;
}

void check_same_sizes(const unet_sizes& got, const config& got_source, const unet_sizes& wanted,
                      const config& wanted_source) {
  for (std::size_t i = 0; i < got.size(); ++i)
    ZT_CHECK(got[i].second == wanted[i].second, bad_input, printable(got_source.source()), " has ",
             got[i].first, " ", got[i].second, ", wanted ", wanted[i].second, " as in ",
             printable(wanted_source.source()));
}

}  // namespace zoetrope
