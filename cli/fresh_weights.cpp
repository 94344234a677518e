// See fresh_weights.hpp.
#include "cli/fresh_weights.hpp"

#include <ATen/ATen.h>

#include "core/io/safetensors_writer.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

void write_fresh_weights(module& part, const std::filesystem::path& file, generator& random,
                         at::ScalarType dtype, const std::function<void(int64_t done)>& on_tensor) {
  const std::vector<parameter_slot> slots = part.slots();
  std::vector<tensor_entry> entries;
  for (const parameter_slot& slot : slots) entries.push_back({slot.name, element_type_of(dtype), slot.shape});
  safetensors_writer output(file, std::move(entries), {{"format", "pt"}});
  int64_t done = 0;
  for (const parameter_slot& slot : slots) {
    const at::Tensor drawn = draw(slot, random, dtype, at::kCPU).contiguous();
    output.write({static_cast<const std::byte*>(drawn.const_data_ptr()), drawn.nbytes()});
    on_tensor(++done);
  }
  output.commit();
}

}  // namespace zoetrope
