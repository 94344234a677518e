// See shared_scalars.hpp.
#include "training/shared_scalars.hpp"

#include <bit>

#include "core/config.hpp"

namespace zoetrope {

named_scalars scalars_from_first(communicator& ranks, const std::function<named_scalars()>& body) {
  const std::string text = ranks.from_first([&] {
    json bits = json::object();
    for (const auto& [name, value] : body()) bits[name] = std::bit_cast<uint64_t>(value);
    return bits.dump();
  });
  named_scalars scalars;
  const json all = json::parse(text);
  for (const auto& [name, bits] : all.items()) scalars[name] = std::bit_cast<double>(bits.get<uint64_t>());
  return scalars;
}

}  // namespace zoetrope
