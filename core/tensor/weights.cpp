// See weights.hpp.
#include "core/tensor/weights.hpp"

#include <ATen/ATen.h>

#include <cstring>

#include "core/error.hpp"

namespace zoetrope {
namespace {

constexpr std::pair<element_type, at::ScalarType> type_pairs[] = {
    {element_type::f64, at::kDouble},
    {element_type::f32, at::kFloat},
    {element_type::f16, at::kHalf},
    {element_type::bf16, at::kBFloat16},
    {element_type::i64, at::kLong},
    {element_type::i32, at::kInt},
    {element_type::i16, at::kShort},
    {element_type::i8, at::kChar},
    {element_type::u8, at::kByte},
    {element_type::boolean, at::kBool},
    {element_type::f8_e4m3, at::kFloat8_e4m3fn},
    {element_type::f8_e5m2, at::kFloat8_e5m2},
};

}  // namespace

at::ScalarType scalar_type_of(element_type type) {
  for (const auto& [stored, torch] : type_pairs)
    if (stored == type) return torch;
  throw error(error_kind::runtime, "scalar_type_of: unknown element type");
}

element_type element_type_of(at::ScalarType type) {
  for (const auto& [stored, torch] : type_pairs)
    if (torch == type) return stored;
  throw error(error_kind::runtime,
              concat("tensors of type ", at::toString(type), " cannot be stored in safetensors"));
}

at::Tensor as_tensor(const safetensors_file& file, const stored_tensor& stored) {
  const auto options = at::TensorOptions().dtype(scalar_type_of(stored.type));
  auto* bytes = const_cast<std::byte*>(stored.bytes.data());
  const auto view = [&](at::IntArrayRef shape, at::ScalarType type) {
    return at::from_blob(
        bytes, shape, [owner = file.mapping()](void*) {}, at::TensorOptions().dtype(type));
  };
  if (stored.bytes.empty()) return at::empty(stored.shape, options);
  if (reinterpret_cast<std::uintptr_t>(bytes) % size_of(stored.type) == 0)
    return view(stored.shape, scalar_type_of(stored.type));
  at::Tensor copy = at::empty(stored.shape, options);
  std::memcpy(copy.mutable_data_ptr(), bytes, stored.bytes.size());
  return copy;
}

tensor_map load_tensors(const std::filesystem::path& path) {
  const safetensors_file file = safetensors_file::open(path);
  tensor_map tensors;
  for (const stored_tensor& stored : file.tensors()) tensors.emplace(stored.name, as_tensor(file, stored));
  return tensors;
}

void save_tensors(const std::filesystem::path& file, const tensor_map& tensors,
                  const std::map<std::string, std::string>& metadata) {
  std::vector<at::Tensor> owners;  // keeps the copies alive until they are written
  std::vector<stored_tensor> stored;
  for (const auto& [name, tensor] : tensors) {
    ZT_CHECK(tensor.defined(), runtime, printable(file.string()), ": tensor '", printable(name),
             "' is undefined");
    owners.push_back(tensor.detach().to(at::kCPU).contiguous());
    const auto* bytes = static_cast<const std::byte*>(owners.back().const_data_ptr());
    stored.push_back(
        {name, element_type_of(tensor.scalar_type()), tensor.sizes().vec(), {bytes, owners.back().nbytes()}});
  }
  write_safetensors(file, stored, metadata);
}

tensor_map state_of(const module& source) {
  tensor_map tensors;
  for (const parameter_slot& slot : source.slots())
    if (slot.tensor->defined()) tensors.emplace(slot.name, *slot.tensor);
  return tensors;
}

}  // namespace zoetrope
