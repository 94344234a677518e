// See sha256.hpp.
#include "core/sha256.hpp"

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}

#include <array>
#include <cstdint>
#include <memory>
#include <new>

namespace zoetrope {

std::string sha256(std::span<const std::byte> bytes) {
  const auto release = [](AVSHA* state) { av_free(state); };
  const std::unique_ptr<AVSHA, decltype(release)> state(av_sha_alloc(), release);
  if (!state) throw std::bad_alloc();
  av_sha_init(state.get(), 256);
  av_sha_update(state.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::array<std::uint8_t, 32> digest;
  av_sha_final(state.get(), digest.data());
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

}  // namespace zoetrope
