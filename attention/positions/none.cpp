// Tokens are a set: an attention without positions gives the same whatever their order.
#include "attention/positions/makers.hpp"

namespace zoetrope {

std::unique_ptr<attention_position> make_no_position(const config&, const position_site&) {
  return std::make_unique<attention_position>();
}

}  // namespace zoetrope
