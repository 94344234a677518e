// See reference_case.hpp.
#include "eval/reference_case.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace zoetrope {

namespace fs = std::filesystem;

// ---- the case

reference_case::reference_case(const fs::path& folder) : folder_(folder) {
  const fs::path file = folder / "case.json";
  description_ = parse_json(read_text_file(file), file.string());
  for (const char* key : {"name", "kind"})
    ZT_CHECK(description_.is_object() && description_.contains(key) && description_[key].is_string(),
             bad_input, file.string(), ": '", key, "' is missing or not a string");
  if (fs::exists(folder / "inputs.safetensors")) inputs_ = load_tensors(folder / "inputs.safetensors");
  outputs_ = load_tensors(folder / "outputs.safetensors");
}

std::string reference_case::name() const { return description_.at("name"); }
std::string reference_case::kind() const { return description_.at("kind"); }

fs::path reference_case::folder_of(const std::string& key) const {
  ZT_CHECK(description_.contains(key) && description_[key].is_string(), bad_input, folder_.string(),
           "/case.json: '", key, "' is missing or not a string");
  return folder_ / description_[key].get<std::string>();
}

double reference_case::tolerance() const {
  const json& entry = description_.value("tolerance", json());
  ZT_CHECK(entry.is_object() && entry.contains("fp32_max_abs_err") && entry["fp32_max_abs_err"].is_number(),
           bad_input, folder_.string(), "/case.json: tolerance.fp32_max_abs_err is missing or not a number");
  const double value = entry["fp32_max_abs_err"];
  ZT_CHECK(std::isfinite(value) && value > 0, bad_input, folder_.string(), "/case.json: a tolerance of ",
           value);
  return value;
}

namespace {

const at::Tensor& found(const tensor_map& tensors, const std::string& name, const fs::path& file) {
  const auto entry = tensors.find(name);
  ZT_CHECK(entry != tensors.end(), bad_input, file.string(), ": no tensor '", name, "'");
  return entry->second;
}

}  // namespace

const at::Tensor& reference_case::input(const std::string& name) const {
  return found(inputs_, name, folder_ / "inputs.safetensors");
}
const at::Tensor& reference_case::output(const std::string& name) const {
  return found(outputs_, name, folder_ / "outputs.safetensors");
}

// ---- the comparison

namespace {

double largest(const at::Tensor& magnitudes) {
  return magnitudes.numel() ? magnitudes.max().item<double>() : 0.0;
}

// Both f64, same shape.
double error_between(const at::Tensor& got, const at::Tensor& want, error_measure measure) {
  const at::Tensor difference = (got - want).abs();
  switch (measure) {
    case error_measure::absolute:
      return largest(difference);
    case error_measure::relative_to_peak:
      return largest(difference) / std::max(1.0, largest(want.abs()));
    case error_measure::relative_per_element:
      return largest(difference / want.abs().clamp_min(1.0));
    case error_measure::relative_per_call: {
      double worst = 0;
      for (int64_t call = 0; call < want.size(0); ++call)
        worst = std::max(worst, error_between(got[call], want[call], error_measure::relative_to_peak));
      return worst;
    }
  }
  throw error(error_kind::runtime, "unknown error measure");
}

}  // namespace

void reference_report::check(const std::string& output, const at::Tensor& got,
                             std::optional<double> tolerance, error_measure measure) {
  seen_.insert(output);
  if (!reference_.has_output(output))
    return fail(concat(output, ": computed, but the case has no such output"));
  if (!got.defined()) return fail(concat(output, ": not computed"));
  ++checked_;
  const at::Tensor& want = reference_.output(output);
  if (got.sizes() != want.sizes())
    return fail(concat(output, ": got shape ", got.sizes(), ", wanted ", want.sizes()));
  if (!want.is_floating_point()) {
    if (got.is_floating_point() || !at::equal(got.to(at::kLong), want.to(at::kLong)))
      fail(concat(output, ": integers differ"));
    return;
  }
  const at::Tensor got64 = got.detach().to(at::kCPU, at::kDouble), want64 = want.to(at::kDouble);
  if (!at::isfinite(got64).all().item<bool>()) return fail(concat(output, ": not finite"));
  if (!at::isfinite(want64).all().item<bool>())
    return fail(concat(output, ": the stored value is not finite"));
  const double limit = tolerance ? *tolerance : reference_.tolerance();
  const double error = error_between(got64, want64, measure);
  if (error / limit > worst_share_)
    worst_share_ = error / limit, worst_error_ = error, worst_tolerance_ = limit;
  if (!(error <= limit)) fail(concat(output, ": error ", error, " exceeds ", limit));
}

void reference_report::check_if_present(const std::string& output, const at::Tensor& got,
                                        std::optional<double> tolerance, error_measure measure) {
  if (reference_.has_output(output)) check(output, got, tolerance, measure);
}

void reference_report::skip(const std::string& output) { seen_.insert(output); }

void reference_report::fail(const std::string& message) { failures_.push_back(message); }

void reference_report::finish() {
  for (const auto& [name, tensor] : reference_.outputs())
    if (!seen_.count(name)) fail(concat(name, ": an output that this kind's runner does not know"));
  if (checked_ == 0) fail("nothing was checked");
}

reference_result verify_case(const fs::path& folder) {
  reference_result result;
  result.name = folder.string();
  const c10::NoGradGuard inference;
  try {
    const reference_case reference(folder);
    result.name = reference.name();
    result.kind = reference.kind();
    reference_report report(reference);
    try {
      reference_kinds().find(reference.kind())(reference, report);
      report.finish();
    } catch (const std::exception& failure) {
      report.fail(failure.what());
    }
    result.ok = report.ok();
    result.error = report.worst_error();
    result.tolerance = report.worst_tolerance();
    result.checked = report.checked();
    result.failures = report.failures();
  } catch (const std::exception& failure) {
    result.failures.push_back(failure.what());
  }
  return result;
}

}  // namespace zoetrope
