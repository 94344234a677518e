// See weight_source.hpp.
#include "core/tensor/weight_source.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/name_messages.hpp"
#include "core/names.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

key_map renaming(std::function<std::string(const std::string&)> rename) {
  return [rename = std::move(rename)](const std::string& key) {
    const std::string slot = rename(key);
    return slot.empty() ? std::vector<weight_target>() : std::vector<weight_target>{{.slot = slot}};
  };
}

namespace {

// Every mismatch between files and module, told at once.
struct mismatches {
  std::vector<std::string> missing, unexpected, misshapen, repeated;
  std::set<std::size_t> concerned;  ///< indices of the files to blame

  static void tell(std::vector<std::string>& told, const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) told.push_back(concat(names.size(), " ", what, ": ", first_names(names)));
  }
  void expect_none(const std::vector<weight_file>& files) const {
    std::vector<std::string> told;
    tell(told, "missing", missing);
    tell(told, "unexpected", unexpected);
    tell(told, "misshapen", misshapen);
    tell(told, "given twice", repeated);
    ZT_CHECK(told.empty(), bad_input, blamed(files),
             ": the tensors are not this model's: ", joined(told, "; "));
  }
  std::string blamed(const std::vector<weight_file>& files) const {
    std::vector<std::string> paths;
    for (const std::size_t index : concerned) paths.push_back(printable(files[index].file.path().string()));
    return paths.empty() ? "no weight files" : first_names(paths, 3);
  }
};

// The files that would be looked into for a slot: those that take its own name for a key, else all.
std::set<std::size_t> expected_in(const std::vector<weight_file>& files, const std::string& slot) {
  std::set<std::size_t> all, expected;
  for (std::size_t index = 0; index < files.size(); ++index) {
    all.insert(index);
    if (!files[index].targets || !files[index].targets(slot).empty()) expected.insert(index);
  }
  return expected.empty() ? all : expected;
}

// The shape that a slot gets from its share of a stored tensor. A matrix stored as a 1 x 1 convolution
// (attention of the first releases) is a matrix.
std::vector<int64_t> shape_of_share(const stored_tensor& stored, const weight_target& target,
                                    const parameter_slot& slot) {
  std::vector<int64_t> shape = stored.shape;
  while (shape.size() > slot.shape.size() && shape.size() > 2 && shape.back() == 1) shape.pop_back();
  if (target.transposed && shape.size() == 2) std::swap(shape[0], shape[1]);
  if (target.parts > 1 && !shape.empty() && shape[0] % target.parts == 0) shape[0] /= target.parts;
  return shape;
}

// A picture model's kernel for a slot that has frames too (initializer::only_at): it goes where a fresh one
// is drawn.
bool is_inflated(const stored_tensor& stored, const parameter_slot& slot) {
  if (!slot.init.only) return false;
  std::vector<int64_t> shape = slot.shape;
  shape.erase(shape.begin() + slot.init.only->dim);
  return stored.shape == shape && at::isFloatingType(scalar_type_of(stored.type));
}

// What is wrong with a stored tensor for a slot; empty if nothing is.
std::string misfit(const stored_tensor& stored, const weight_target& target, const parameter_slot& slot) {
  const std::vector<int64_t> shape = shape_of_share(stored, target, slot);
  if (shape != slot.shape)
    return concat(printable(slot.name), " (got [", joined_extents(shape), "], wanted [",
                  joined_extents(slot.shape), "])");
  if (!slot.is_buffer && !at::isFloatingType(scalar_type_of(stored.type)))
    return concat(printable(slot.name), " (got ", name_of(stored.type), ", wanted floating point)");
  return "";
}

void copy_at_once(at::Tensor& to, const at::Tensor& from) { to.copy_(from); }

// To a GPU through page-locked memory, without waiting.
void copy_queued(at::Tensor& to, const at::Tensor& from) {
  at::Tensor staged = at::empty_like(to, to.options().device(at::kCPU).pinned_memory(true));
  staged.copy_(from);
  to.copy_(staged, /*non_blocking=*/true);
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

weight_source::weight_source(const module& target, std::vector<weight_file> files, load_options options)
    : files_(std::move(files)), options_(std::move(options)) {
  assign(target);
}

void weight_source::assign(const module& target) {
  std::map<std::string, parameter_slot> open_slots;
  for (parameter_slot& slot : target.slots()) open_slots.emplace(slot.name, std::move(slot));
  std::set<std::string> taken;
  mismatches wrong;
  const auto may_be_fresh = [&](const std::string& slot) {
    return options_.may_be_fresh && options_.may_be_fresh(slot);
  };
  for (std::size_t index = 0; index < files_.size(); ++index)
    for (const stored_tensor& stored : files_[index].file.tensors()) {
      const key_map& targets = files_[index].targets;
      for (weight_target& goal : targets ? targets(stored.name) : std::vector<weight_target>{{stored.name}}) {
        const auto found = open_slots.find(goal.slot);
        if (found == open_slots.end()) {
          if (options_.may_be_unused && options_.may_be_unused(goal.slot)) continue;
          (taken.count(goal.slot) ? wrong.repeated : wrong.unexpected).push_back(printable(stored.name));
          wrong.concerned.insert(index);
          continue;
        }
        std::string problem = misfit(stored, goal, found->second);
        const bool fits = problem.empty() || (may_be_fresh(goal.slot) && is_inflated(stored, found->second));
        if (!fits && may_be_fresh(goal.slot)) continue;
        if (fits) {
          filled_.push_back({std::move(found->second), {index, &stored, goal}});
        } else {
          wrong.misshapen.push_back(std::move(problem));
          wrong.concerned.insert(index);
        }
        taken.insert(goal.slot);
        open_slots.erase(found);
      }
    }
  for (auto& [name, slot] : open_slots) {
    if (may_be_fresh(name)) {
      filled_.push_back({std::move(slot), {}});
    } else {
      wrong.missing.push_back(name);
      wrong.concerned.merge(expected_in(files_, name));
    }
  }
  wrong.expect_none(files_);
  for (std::size_t i = 0; i < filled_.size(); ++i) by_slot_.emplace(filled_[i].slot.tensor, i);
}

std::vector<std::string> weight_source::fresh() const {
  std::vector<std::string> names;
  for (const filled_slot& filled : filled_)
    if (!filled.from.stored) names.push_back(filled.slot.name);
  return names;
}

at::Tensor weight_source::drawn(const parameter_slot& slot) const {
  generator random = generator::for_purpose(0, slot.name);
  return draw(slot, random, options_.dtype, options_.device);
}

bool weight_source::maps(const filled_slot& filled) const {
  if (!filled.from.stored) return false;
  const parameter_slot& slot = filled.slot;
  const at::ScalarType stored = scalar_type_of(filled.from.stored->type);
  if (is_inflated(*filled.from.stored, slot)) return false;
  const bool same_type = !at::isFloatingType(stored) || stored == options_.dtype;
  // A 1 x 1 kernel has the same order either way; only its strides must say so.
  const bool same_order = !slot.channels_last || (slot.shape[2] == 1 && slot.shape[3] == 1);
  const bool changed = options_.changes && options_.changes(slot.name);
  return same_type && same_order && !changed && !filled.from.target.transposed && options_.device.is_cpu();
}

// The same memory where type and order already fit, else a copy after which the source's pages are given
// back.
at::Tensor weight_source::placed(const filled_slot& filled, copier copy) const {
  const parameter_slot& slot = filled.slot;
  const share& from = filled.from;
  if (!from.stored) return drawn(slot);
  const auto& mapping = *files_[from.file].file.mapping();
  at::Tensor source = as_tensor(files_[from.file].file, *from.stored);
  if (from.target.transposed) source = source.t();
  if (from.target.parts > 1) source = source.chunk(from.target.parts)[from.target.part];
  const bool inflated = is_inflated(*from.stored, slot);
  if (!inflated && source.sizes() != at::IntArrayRef(slot.shape)) source = source.view(slot.shape);
  const auto type = source.is_floating_point() ? options_.dtype : source.scalar_type();

  if (options_.changes && options_.changes(slot.name)) {
    mapping.will_need(from.stored->bytes);
    source = options_.change(slot.name, source.to(at::kFloat));
  } else if (maps(filled)) {
    if (!slot.channels_last) return source;
    return source.as_strided(source.sizes(), at::get_channels_last_strides_2d(source.sizes()));
  }
  const auto order = slot.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  mapping.will_need(from.stored->bytes);
  at::Tensor result = at::empty(slot.shape, at::TensorOptions().dtype(type).device(options_.device), order);
  if (inflated) result.zero_();
  at::Tensor target = inflated ? result.select(slot.init.only->dim, slot.init.only->index) : result;
  copy(target, source);
  mapping.release_pages(from.stored->bytes);
  return result;
}

at::Tensor weight_source::make(const at::Tensor* slot) const {
  return placed(filled_[by_slot_.at(slot)], options_.device.is_cpu() ? copy_at_once : copy_queued);
}

void weight_source::expect(const at::Tensor* slot) const {
  const share& from = filled_[by_slot_.at(slot)].from;
  if (from.stored) files_[from.file].file.mapping()->will_need(from.stored->bytes);
}

void weight_source::rest(const at::Tensor* slot) const {
  const share& from = filled_[by_slot_.at(slot)].from;
  if (from.stored) files_[from.file].file.mapping()->release_pages(from.stored->bytes);
}

void weight_source::check_unchanged() const {
  for (const weight_file& file : files_) file.file.mapping()->check_unchanged();
}

void weight_source::fill() const {
  for (const filled_slot& filled : filled_) {
    if (!filled.from.stored) {
      *filled.slot.tensor = drawn(filled.slot);
      continue;
    }
    const safetensors_file& file = files_[filled.from.file].file;
    file.mapping()->check_unchanged();
    at::Tensor value = placed(filled, copy_at_once);
    if (options_.check_finite)
      in_context(printable(file.path().string()), [&] { expect_finite(filled.from.stored->name, value); });
    *filled.slot.tensor = std::move(value);
  }
  check_unchanged();
}

void load_weights(module& target, const std::vector<safetensors_file>& files, const load_options& options,
                  const key_map& targets) {
  std::vector<weight_file> mapped;
  for (const safetensors_file& file : files) mapped.push_back({file, targets});
  weight_source(target, std::move(mapped), options).fill();
}

}  // namespace zoetrope
