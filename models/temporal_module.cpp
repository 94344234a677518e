// See temporal_module.hpp.
#include "models/temporal_module.hpp"

#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

registry<temporal_module_maker>& temporal_modules() {
  static registry<temporal_module_maker> table(
      "temporal module",
      {{"transformer", make_temporal_transformer, "attentions over the frames, and a feed-forward layer"},
       {"conv", make_temporal_conv, "four convolutions of three frames, with norms"},
       {"pseudo_conv", make_pseudo_conv, "one convolution over the frames of a pixel"},
       {"shift", make_temporal_shift, "some channels come from the neighbouring frames"},
       {"blend", make_temporal_blend, "a mix of the frames as they were with another module's result"},
       {"none", make_no_temporal_module, "nothing: frames are independent pictures"},
       {"torchscript", make_torchscript_module, "a TorchScript program of yours"}});
  return table;
}

std::unique_ptr<temporal_module> make_temporal_module(const config& options, const temporal_site& site,
                                                      const std::string& fallback) {
  return temporal_modules().chosen(options, fallback)(options, site);
}

bool is_temporal_slot(const std::string& slot) {
  for (const char* list : {"temporal_attentions.", "temporal_in.", "temp_convs."})
    if (slot.find(list) != std::string::npos) return true;
  return false;
}

int64_t read_norm_groups(const config& options, const temporal_site& site) {
  const int64_t groups = options.bounded("groups", 32, 1, 65536);
  if (site.channels % groups != 0)
    throw options.fail(
        concat(site.channels, " channels are not divisible by the ", groups, " groups of a temporal layer"));
  return groups;
}

}  // namespace zoetrope
