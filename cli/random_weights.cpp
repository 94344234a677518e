// See random_weights.hpp.
#include "cli/random_weights.hpp"

#include <ATen/ATen.h>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/io/atomic_file.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

namespace {

std::string header_of(const std::vector<parameter_slot>& slots, at::ScalarType dtype) {
  json header = {{"__metadata__", {{"format", "pt"}}}};
  int64_t at = 0;
  for (const parameter_slot& slot : slots) {
    const int64_t end =
        at + c10::multiply_integers(slot.shape) * static_cast<int64_t>(c10::elementSize(dtype));
    header[slot.name] = {
        {"dtype", name_of(element_type_of(dtype))}, {"shape", slot.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

}  // namespace

void write_random_weights(module& part, const std::filesystem::path& file, generator& random,
                          at::ScalarType dtype, const std::function<void(int64_t done)>& on_tensor) {
  const std::vector<parameter_slot> slots = part.slots();
  const std::string header = header_of(slots, dtype);
  const uint64_t length = header.size();
  atomic_file out(file);
  out.write(std::as_bytes(std::span(&length, 1)));
  out.write(std::as_bytes(std::span(header)));
  int64_t done = 0;
  for (const parameter_slot& slot : slots) {
    out.write(bytes_of(draw(slot, random, dtype, at::kCPU).contiguous()));
    on_tensor(++done);
  }
  out.commit();
}

}  // namespace zoetrope
