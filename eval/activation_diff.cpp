// See activation_diff.hpp.
#include "eval/activation_diff.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "core/error.hpp"
#include "models/frames.hpp"

namespace zoetrope {

namespace {

activation_error error_of(const activation& seen, const at::Tensor& other) {
  activation_error found{seen.step, seen.layer, 0, 0};
  if (seen.output.numel() == 0) return found;
  const at::Tensor a = seen.output.to(at::kDouble), b = other.to(a.options());
  const at::Tensor same = a.eq(b).logical_or(a.isnan().logical_and(b.isnan()));
  const at::Tensor apart = (a - b).masked_fill(same, 0);  // infinities that agree leave no NaN
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!apart.isfinite().all().item<bool>()) {
    found.max_abs = found.relative = infinity;
    return found;
  }
  found.max_abs = apart.abs().max().item<double>();
  if (found.max_abs == 0) return found;
  const double size = a.masked_fill(a.isfinite().logical_not(), 0).norm().item<double>();
  found.relative = size > 0 ? apart.norm().item<double>() / size : infinity;
  return found;
}

}  // namespace

void activation_diff::compare(const activations& a, const activations& b) {
  std::map<std::pair<int64_t, std::string>, at::Tensor> others;
  for (const activation& seen : b) {
    b_.insert(seen.layer);
    others[{seen.step, seen.layer}] = seen.output;
  }
  for (const activation& seen : a) {
    a_.insert(seen.layer);
    const auto found = others.find({seen.step, seen.layer});
    if (found == others.end()) continue;
    at::Tensor other = found->second;
    if (other.dim() == 5 && seen.output.dim() == 4) other = fold_frames(other);
    if (other.sizes() == seen.output.sizes())
      errors_.push_back(error_of(seen, other));
    else
      misfits_[seen.layer] = concat(seen.output.sizes(), " and ", other.sizes());
  }
}

const activation_error* activation_diff::first() const {
  const auto found =
      std::find_if(errors_.begin(), errors_.end(), [this](const auto& error) { return parts(error); });
  return found == errors_.end() ? nullptr : &*found;
}

std::vector<std::string> activation_diff::without(const std::set<std::string>& names,
                                                  const std::set<std::string>& others) {
  std::vector<std::string> left;
  std::set_difference(names.begin(), names.end(), others.begin(), others.end(), std::back_inserter(left));
  return left;
}

void write_activation_diff(const std::filesystem::path& file, const activation_diff& diff,
                           const std::map<std::string, hdf5_value>& more) {
  std::vector<std::int64_t> steps;
  std::vector<std::string> layers, misfits;
  std::vector<double> max_abs, relative;
  for (const activation_error& error : diff.errors()) {
    steps.push_back(error.step);
    layers.push_back(error.layer);
    max_abs.push_back(error.max_abs);
    relative.push_back(error.relative);
  }
  for (const auto& [layer, shapes] : diff.misfits()) misfits.push_back(layer + ": " + shapes);

  hdf5_writer output(file);
  output.attribute("/", "schema", "zoetrope-diff");
  output.attribute("/", "schema_version", std::int64_t{1});
  output.attribute("/", "tolerance", diff.tolerance());
  const activation_error* first = diff.first();
  output.attribute("/", "parts", std::int64_t{first != nullptr});
  if (first) {
    output.attribute("/", "first_step", first->step);
    output.attribute("/", "first_layer", first->layer);
  }
  for (const auto& [name, value] : more) output.attribute("/", name, value);
  output.dataset("/step", steps);
  output.dataset("/layer", layers);
  output.dataset("/max_abs", max_abs);
  output.dataset("/relative", relative);
  output.dataset("/only_in_a", diff.only_in_a());
  output.dataset("/only_in_b", diff.only_in_b());
  output.dataset("/misfits", misfits);
  output.finish();
}

}  // namespace zoetrope
