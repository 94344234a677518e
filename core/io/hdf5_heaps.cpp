// See hdf5_heaps.hpp.
#include "core/io/hdf5_heaps.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/error.hpp"

namespace zoetrope {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view signature = "GCOL\1\0\0\0"sv;
constexpr std::size_t searched = std::size_t{1} << 20, header_bytes = 16;  // of a heap and of an object

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

// Bytes of the object at the start of `rest`, header and all; 0 where they do not fit.
std::size_t object_bytes(std::string_view rest) {
  const auto size = number_at<std::uint64_t>(rest, 8);
  if (size > rest.size()) return 0;
  const std::size_t whole = number_at<std::uint16_t>(rest, 0) == 0 ? size : header_bytes + (size + 7) / 8 * 8;
  return whole <= rest.size() ? whole : 0;
}

bool is_whole(std::string_view heap) {
  if (heap.size() < header_bytes) return false;
  const auto size = number_at<std::uint64_t>(heap, 8);
  if (size < header_bytes || size > heap.size()) return false;
  std::string_view rest = heap.substr(header_bytes, size - header_bytes);
  while (rest.size() >= header_bytes) {  // less holds no object
    const std::size_t bytes = object_bytes(rest);
    if (bytes == 0) return false;
    rest.remove_prefix(bytes);
  }
  return true;
}

}  // namespace

void check_global_heaps(std::span<const std::byte> file) {
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  const std::string_view beginnings = bytes.substr(0, searched);
  for (auto at = beginnings.find(signature); at != std::string_view::npos;
       at = beginnings.find(signature, at + 1))
    ZT_CHECK(is_whole(bytes.substr(at)), runtime, "half-written or damaged: the texts at byte ", at,
             " are not as long as they say");
}

}  // namespace zoetrope
