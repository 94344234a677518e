// See json_text.hpp.
#include "core/json_text.hpp"

namespace zoetrope {

std::string compact(const json& tree) { return tree.dump(-1, ' ', false, json::error_handler_t::replace); }
std::string pretty(const json& tree) { return tree.dump(2, ' ', false, json::error_handler_t::replace); }

}  // namespace zoetrope
