// See json_text.hpp.
#include "core/json_text.hpp"

#include "core/io/sha256.hpp"

namespace zoetrope {

std::string compact(const json& tree) { return tree.dump(-1, ' ', false, json::error_handler_t::replace); }
std::string config_hash(const json& config) { return sha256_of(compact(config)); }
std::string pretty(const json& tree) { return tree.dump(2, ' ', false, json::error_handler_t::replace); }

}  // namespace zoetrope
