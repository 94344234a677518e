// What the reader and the writer of safetensors files hold each other to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/io/safetensors.hpp"

namespace zoetrope {

constexpr uint64_t largest_header = 100'000'000;
constexpr std::size_t longest_name = 1024, highest_rank = 8;

/// Bytes of a tensor of this shape; nothing where that, or the count without the zero dimensions (from which
/// strides are made), does not fit.
std::optional<uint64_t> byte_count(const std::vector<int64_t>& shape, element_type type);

}  // namespace zoetrope
