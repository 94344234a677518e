// See weights.hpp.
#include "core/tensor/weights.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <set>

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

bool is_floating(element_type type) { return at::isFloatingType(scalar_type_of(type)); }

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

// ---- into a module
// -----------------------------------------------------------------------------------------------

namespace {

// What lies where, once every name has found its slot.
struct assignment {
  const safetensors_file* file;
  const stored_tensor* stored;
  parameter_slot slot;
};

// Every mismatch between files and module, told at once.
struct mismatches {
  std::vector<std::string> missing, unexpected, misshapen, repeated;

  static void tell(std::vector<std::string>& told, const char* what, const std::vector<std::string>& names) {
    constexpr std::size_t most = 20;
    if (names.empty()) return;
    std::string text = concat(names.size(), " ", what, ": ",
                              joined({names.begin(), names.begin() + std::min(names.size(), most)}));
    if (names.size() > most) text += concat(", and ", names.size() - most, " more");
    told.push_back(text);
  }
  void expect_none(const std::vector<safetensors_file>& files) const {
    std::vector<std::string> told;
    tell(told, "missing", missing);
    tell(told, "unexpected", unexpected);
    tell(told, "misshapen", misshapen);
    tell(told, "given twice", repeated);
    const std::string where = files.empty() ? "no weight files" : printable(files.front().path().string());
    ZT_CHECK(told.empty(), bad_input, where, files.size() > 1 ? " and its other shards" : "",
             ": the tensors are not this model's: ", joined(told, "; "));
  }
};

std::vector<assignment> assign(const module& target, const std::vector<safetensors_file>& files,
                               const load_options& options) {
  std::map<std::string, parameter_slot> open_slots;
  for (parameter_slot& slot : target.slots()) open_slots.emplace(slot.name, std::move(slot));
  std::set<std::string> taken;
  std::vector<assignment> plan;
  mismatches wrong;
  for (const safetensors_file& file : files)
    for (const stored_tensor& stored : file.tensors()) {
      const std::string key = options.rename ? options.rename(stored.name) : stored.name;
      if (key.empty()) continue;
      const auto found = open_slots.find(key);
      if (found == open_slots.end()) {
        (taken.count(key) ? wrong.repeated : wrong.unexpected).push_back(printable(stored.name));
        continue;
      }
      const parameter_slot& slot = found->second;
      if (stored.shape != slot.shape)
        wrong.misshapen.push_back(concat(printable(key), " (got [", joined_extents(stored.shape),
                                         "], wanted [", joined_extents(slot.shape), "])"));
      else if (!slot.is_buffer && !is_floating(stored.type))
        wrong.misshapen.push_back(
            concat(printable(key), " (got ", name_of(stored.type), ", wanted floating point)"));
      else
        plan.push_back({&file, &stored, slot});
      taken.insert(key);
      open_slots.erase(found);
    }
  for (const auto& [name, slot] : open_slots) wrong.missing.push_back(name);
  wrong.expect_none(files);
  return plan;
}

// The same memory where type and order already fit, else a copy after which the source's pages are given
// back.
at::Tensor placed(const assignment& item, const load_options& options) {
  const at::Tensor source = as_tensor(*item.file, *item.stored);
  const auto type = source.is_floating_point() ? options.dtype : source.scalar_type();
  const auto order = item.slot.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  if (source.scalar_type() == type && options.device.is_cpu()) {
    if (!item.slot.channels_last) return source;
    // A 1 x 1 kernel has the same order either way; only its strides must say so.
    if (source.size(2) == 1 && source.size(3) == 1)
      return source.as_strided(source.sizes(), at::get_channels_last_strides_2d(source.sizes()));
  }
  const auto& mapping = *item.file->mapping();
  mapping.will_need(item.stored->bytes);
  at::Tensor copy = at::empty(source.sizes(), at::TensorOptions().dtype(type).device(options.device), order);
  copy.copy_(source);
  mapping.release_pages(item.stored->bytes);
  return copy;
}

void expect_finite(const std::string& name, const at::Tensor& tensor) {
  if (!tensor.is_floating_point()) return;
  const at::Tensor wrong = at::isfinite(tensor).logical_not().reshape({-1});
  if (!wrong.any().item<bool>()) return;
  throw error(error_kind::numerical,
              concat("tensor '", printable(name), "' is not finite at index ",
                     wrong.to(at::kByte).argmax().item<int64_t>(), " of ", wrong.numel()));
}

}  // namespace

void load_weights(module& target, const std::vector<safetensors_file>& files, const load_options& options) {
  for (const assignment& item : assign(target, files, options)) {
    item.file->mapping()->check_unchanged();
    at::Tensor value = placed(item, options);
    if (options.check_finite)
      in_context(printable(item.file->path().string()), [&] { expect_finite(item.stored->name, value); });
    *item.slot.tensor = std::move(value);
  }
  for (const safetensors_file& file : files) file.mapping()->check_unchanged();
}

tensor_map state_of(const module& source) {
  tensor_map tensors;
  for (const parameter_slot& slot : source.slots())
    if (slot.tensor->defined()) tensors.emplace(slot.name, *slot.tensor);
  return tensors;
}

}  // namespace zoetrope
