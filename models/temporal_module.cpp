// See temporal_module.hpp.
#include "models/temporal_module.hpp"

#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

registry<temporal_module_maker>& temporal_modules() {
  static registry<temporal_module_maker> table(
      "temporal module",
      {{"transformer", make_temporal_transformer, "attentions over the frames, and a feed-forward layer"},
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

}  // namespace zoetrope
