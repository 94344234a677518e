// Nothing is inserted: the frames of a clip are independent pictures there.
#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

std::unique_ptr<temporal_module> make_no_temporal_module(const config&, const temporal_site&) {
  return nullptr;
}

}  // namespace zoetrope
