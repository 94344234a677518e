// See temporal_module.hpp.
#include "models/temporal_module.hpp"

#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

const registry<temporal_module_maker>& temporal_modules() {
  static const registry<temporal_module_maker> table(
      "temporal module",
      {{"transformer", make_temporal_transformer, "attentions over the frames, and a feed-forward layer"},
       {"none", make_no_temporal_module, "nothing: frames are independent pictures"}});
  return table;
}

std::unique_ptr<temporal_module> make_temporal_module(const config& options, const temporal_site& site,
                                                      const std::string& fallback) {
  return temporal_modules().find(options.get("type", fallback))(options, site);
}

}  // namespace zoetrope
