// See objective.hpp.
#include "training/objective.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/tensor/random.hpp"
#include "schedulers/noise_schedule.hpp"
#include "schedulers/prediction_names.hpp"

namespace zoetrope {

namespace {

const std::vector<prediction> all_predictions = {prediction::epsilon, prediction::sample, prediction::v,
                                                 prediction::flow};

// Classes that know nothing but flows, and have no prediction_type to say so.
bool is_flow_class(const model_scheduler& scheduler) { return scheduler.class_name.starts_with("FlowMatch"); }

config config_of(const model_scheduler& scheduler) {
  return config(scheduler.options, "scheduler_config.json");
}

const char* shift_key(const model_scheduler& scheduler) {
  return is_flow_class(scheduler) ? "shift" : "flow_shift";
}

double shift_of(const model_scheduler& scheduler) {
  return config_of(scheduler).get(shift_key(scheduler), 1.0);
}

// A few numbers beside `like`, without waiting for a GPU to come that far.
at::Tensor beside(const at::Tensor& values, const at::Tensor& like) {
  return values.to(like.options(), /*non_blocking=*/true);
}

// [b] -> as a clip broadcasts over b c f h w
at::Tensor per_clip(const at::Tensor& values, const at::Tensor& like) {
  return beside(values, like).view({-1, 1, 1, 1, 1});
}

// A permutation of 0 … count-1 that depends on nothing but the generator's stream.
at::Tensor permutation(generator& random, int64_t count) {
  return at::randperm(count, random.torch(), at::TensorOptions().dtype(at::kLong));
}

}  // namespace

prediction prediction_of(const model_scheduler& scheduler) {
  if (is_flow_class(scheduler)) return prediction::flow;
  return read_prediction(config_of(scheduler), all_predictions);
}

objective::objective(const config& options, const model_scheduler& scheduler)
    : prediction_(read_prediction(options, "prediction", name_of(prediction_of(scheduler)), all_predictions)),
      timestep_count_(config_of(scheduler).bounded("num_train_timesteps", 1000, 1, 1'000'000)),
      snr_gamma_(options.get_optional<double>("snr_gamma")),
      noise_offset_(options.get("noise_offset", 0.0)),
      shift_(options.get("shift", shift_of(scheduler))),
      stratified_(options.get("stratified", true)),
      compat_hotshot_(options.get("compat_hotshot", false)),
      distribution_(make_timestep_distribution(options.child("timesteps"))) {
  if (snr_gamma_ && !(*snr_gamma_ > 0)) throw options.at("snr_gamma").fail("wanted more than 0");
  if (!(noise_offset_ >= 0)) throw options.at("noise_offset").fail("wanted 0 or more");
  if (compat_hotshot_ && snr_gamma_) snr_gamma_ = 1.0;
  if (prediction_ == prediction::flow) {
    if (snr_gamma_) throw options.at("snr_gamma").fail("flows have no min-SNR weights");
    if (!(shift_ > 0)) throw options.at("shift").fail("wanted more than 0");
    return;
  }
  if (is_flow_class(scheduler))
    throw options.at("prediction")
        .fail(concat("the model is a flow's: its ", scheduler.class_name,
                     " has no noise levels for another target"));
  if (options.has("shift") && shift_ != 1.0) throw options.at("shift").fail("only a flow has a shift");
  const std::vector<float> bars =
      read_noise_schedule(config_of(scheduler), {.beta_start = 0.0001, .beta_end = 0.02, .can_rescale = true})
          .alphas_cumprod;
  if (prediction_ == prediction::epsilon && options.has("prediction") && bars.back() == 0)
    throw options.at("prediction")
        .fail(
            "the scheduler's last level is noise alone (rescale_betas_zero_snr), of which epsilon says "
            "nothing; wanted v_prediction, sample or flow_prediction");
  const at::Tensor alpha_bar = at::tensor(bars).to(at::kDouble);
  timestep_count_ = alpha_bar.size(0);
  alpha_ = alpha_bar.sqrt();
  sigma_ = (1 - alpha_bar).sqrt();
}

model_scheduler objective::scheduler_for(model_scheduler had) const {
  if (prediction_ == prediction::flow && prediction_of(had) != prediction::flow)
    had = {"FlowMatchEulerDiscreteScheduler",
           {{"_class_name", "FlowMatchEulerDiscreteScheduler"}, {"num_train_timesteps", timestep_count_}}};
  if (prediction_of(had) != prediction_) had.options["prediction_type"] = name_of(prediction_);
  if (prediction_ == prediction::flow && shift_of(had) != shift_) had.options[shift_key(had)] = shift_;
  return had;
}

noise_draw objective::draw(uint64_t seed, int64_t step, int64_t first, int64_t batch,
                           at::IntArrayRef shape) const {
  generator levels = generator::for_purpose(seed, concat("levels of step ", step));
  at::Tensor uniform = levels.uniform({batch}, 0.0, 1.0, at::kDouble);
  if (stratified_)
    uniform = ((uniform + permutation(levels, batch)) / static_cast<double>(batch)).clamp_max(1 - 1e-12);
  const int64_t rows = shape[0];
  std::vector<at::Tensor> noise;
  for (int64_t row = first; row < first + rows; ++row) {
    generator random = generator::for_purpose(seed, concat("noise of step ", step, ", clip ", row));
    at::Tensor clip = random.normal(shape.slice(1));
    if (noise_offset_ != 0) clip = clip + noise_offset_ * random.normal({shape[1], 1, 1, 1});
    noise.push_back(clip);
  }
  return {at::stack(noise), distribution_(uniform.slice(0, first, first + rows))};
}

at::Tensor objective::indices(const at::Tensor& levels) const {
  return (levels * timestep_count_).to(at::kLong).clamp(0, timestep_count_ - 1);
}

at::Tensor objective::timesteps(const at::Tensor& levels) const {
  if (prediction_ != prediction::flow) return indices(levels).to(at::kFloat);
  const auto [clean, noise] = signal_and_noise(levels);
  return (noise * timestep_count_).to(at::kFloat);
}

// (alpha, sigma), f64 [b]
std::pair<at::Tensor, at::Tensor> objective::signal_and_noise(const at::Tensor& levels) const {
  if (prediction_ == prediction::flow) {
    const at::Tensor shifted = shift_ * levels / (1 + (shift_ - 1) * levels);
    return {1 - shifted, shifted};
  }
  const at::Tensor at_levels = indices(levels);
  return {alpha_.index_select(0, at_levels), sigma_.index_select(0, at_levels)};
}

at::Tensor objective::noised(const at::Tensor& original, const noise_draw& drawn) const {
  const auto [alpha, sigma] = signal_and_noise(drawn.levels);
  return per_clip(alpha, original) * original + per_clip(sigma, original) * drawn.noise;
}

at::Tensor objective::target(const at::Tensor& original, const noise_draw& drawn) const {
  switch (prediction_) {
    case prediction::epsilon:
      return drawn.noise;
    case prediction::sample:
      return original;
    case prediction::flow:
      return drawn.noise - original;
    case prediction::v:
      break;
  }
  const auto [alpha, sigma] = signal_and_noise(drawn.levels);
  return per_clip(alpha, original) * drawn.noise - per_clip(sigma, original) * original;
}

at::Tensor objective::weights(const at::Tensor& levels) const {
  if (!snr_gamma_) return at::ones_like(levels);
  const auto [alpha, sigma] = signal_and_noise(levels);
  const at::Tensor snr = (alpha / sigma).square();
  const at::Tensor bounded = snr.clamp_max(*snr_gamma_);
  if (prediction_ == prediction::sample) return bounded;
  if (prediction_ == prediction::v && !compat_hotshot_) return bounded / (snr + 1);
  return at::where(snr == 0, at::ones_like(snr), bounded / snr);
}

at::Tensor objective::losses(const at::Tensor& output, const at::Tensor& original,
                             const noise_draw& drawn) const {
  const at::Tensor error = (output.to(at::kFloat) - target(original, drawn)).square().flatten(1).mean(1);
  return error * beside(weights(drawn.levels), error);
}

}  // namespace zoetrope
