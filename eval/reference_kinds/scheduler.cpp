// Reference cases of kind "scheduler": whole trajectories of diffusers' schedulers with a synthetic network,
// m(x, t) = tanh(x)/2 + cos(t/100)/10, and a bank of recorded noise. See tests/goldens/README.md.
#include <ATen/ATen.h>

#include <cmath>

#include "eval/reference_kinds/reference_kinds.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {
namespace {

at::Tensor synthetic_network(const at::Tensor& x, double t) {
  return 0.5 * at::tanh(x) + static_cast<float>(0.1 * std::cos(t / 100.0));
}

timestep_request read_request(const json& run) {
  timestep_request request;
  const config arguments(run.value("set_timesteps", json::object()), "set_timesteps");
  request.timesteps = arguments.get("timesteps", std::vector<double>{});
  request.sigmas = arguments.get("sigmas", std::vector<double>{});
  request.mu = arguments.get_optional<double>("mu");
  request.strength = arguments.get("strength", 1.0);
  request.original_inference_steps = arguments.get_optional<int64_t>("original_inference_steps");
  arguments.expect_all_read();
  if (request.timesteps.empty() && request.sigmas.empty())
    request.steps = config(run, "run").get<int64_t>("steps");
  return request;
}

step_options read_step_options(const json& run) {
  step_options options;
  const config arguments(run.value("step", json::object()), "step");
  if (arguments.has("eta")) options.tcd_eta = options.eta = arguments.get<double>("eta");
  options.use_clipped_model_output =
      arguments.get("use_clipped_model_output", options.use_clipped_model_output);
  options.s_churn = arguments.get("s_churn", options.s_churn);
  options.s_tmin = arguments.get("s_tmin", options.s_tmin);
  options.s_tmax = arguments.get("s_tmax", options.s_tmax);
  options.s_noise = arguments.get("s_noise", options.s_noise);
  options.order = arguments.get("order", options.order);
  arguments.expect_all_read();
  return options;
}

struct trajectory {
  at::Tensor x;  // calls 1 c f h w
  at::Tensor last_original;
  int64_t draws = 0;
};

trajectory run_through(scheduler& sampler, const step_options& options, const at::Tensor& x0,
                       const at::Tensor& bank) {
  trajectory result;
  const noise_source noise = [&](at::IntArrayRef shape, at::ScalarType dtype) {
    ZT_CHECK(result.draws < bank.size(0), bad_input, "more draws than the ", bank.size(0), " recorded");
    const at::Tensor drawn = bank[result.draws++];
    ZT_CHECK(drawn.sizes() == shape, bad_input, "noise of shape ", drawn.sizes(), " where ", shape,
             " is drawn");
    return drawn.to(dtype);
  };
  at::Tensor x = x0 * sampler.init_noise_sigma();
  std::vector<at::Tensor> states;
  const at::Tensor timesteps = sampler.timesteps().to(at::kDouble);
  for (int64_t k = 0; k < timesteps.numel(); ++k) {
    const double t = timesteps[k].item<double>();
    const at::Tensor output = synthetic_network(sampler.scale_model_input(x, t), t);
    const step_output stepped = sampler.step({output, t, x, noise, options});
    x = stepped.prev_sample;
    result.last_original = stepped.pred_original_sample;
    states.push_back(x);
  }
  result.x = at::stack(states);
  return result;
}

// The case's timesteps as the scheduler itself has them: they may differ in the last bit, and are looked up.
at::Tensor nearest_own(const at::Tensor& own, const at::Tensor& given) {
  if (!own.is_floating_point()) return given;
  const at::Tensor apart = (own.to(at::kDouble).unsqueeze(0) - given.to(at::kDouble).unsqueeze(1)).abs();
  const auto [distance, index] = apart.min(/*dim=*/1);
  ZT_CHECK(distance.max().item<double>() <= 1e-2, bad_input, "the case's timesteps are not the scheduler's");
  return own.index_select(0, index);
}

void check_auxiliary(const reference_case& reference, reference_report& report, scheduler& sampler,
                     const std::string& prefix) {
  const at::Tensor &x = reference.input("add_noise.x"), &noise = reference.input("add_noise.noise");
  for (const std::string name : {"add_noise", "scale_noise"}) {
    if (!reference.has_output(prefix + name)) continue;
    report.skip(prefix + name + "_timesteps");
    const at::Tensor at = nearest_own(sampler.timesteps(), reference.output(prefix + name + "_timesteps"));
    report.check(prefix + name, sampler.add_noise(x, noise, at), {}, error_measure::relative_to_peak);
    if (reference.has_output(prefix + "velocity"))
      report.check(prefix + "velocity", sampler.velocity(x, noise, at), {}, error_measure::relative_to_peak);
  }
  if (reference.has_output(prefix + "alphas_cumprod"))
    report.check(prefix + "alphas_cumprod", sampler.alphas_cumprod(), {}, error_measure::relative_to_peak);
}

void check_run(const reference_case& reference, reference_report& report, const json& run) {
  const std::string id = run.at("id"), prefix = id + ".", name = reference.cfg().at("cls");
  const timestep_request request = read_request(run);
  const step_options options = read_step_options(run);
  const at::Tensor &x0 = reference.input("x0"), &bank = reference.input("noise");

  const auto sampler = make_scheduler(name, config(run.value("config", json::object()), "config"));
  sampler->set_timesteps(request);
  const at::Tensor& timesteps = sampler->timesteps();
  report.check(prefix + "timesteps", timesteps, {}, error_measure::relative_to_peak);
  if (timesteps.is_floating_point())
    report.check(prefix + "timesteps", timesteps, 1e-2, error_measure::absolute);
  if (sampler->sigmas().defined())
    report.check(prefix + "sigmas", sampler->sigmas(), {}, error_measure::relative_to_peak);
  report.check(prefix + "init_noise_sigma", at::full({1}, sampler->init_noise_sigma(), at::kFloat), {},
               error_measure::relative_to_peak);

  const trajectory got = run_through(*sampler, options, x0, bank);
  report.check(prefix + "x", got.x, {}, error_measure::relative_per_call);
  report.check(prefix + "noise_draws", at::full({1}, got.draws, at::kLong));
  if (got.last_original.defined())
    report.check_if_present(prefix + "pred_original_last", got.last_original, {},
                            error_measure::relative_to_peak);
  report.skip(prefix + "x_dtype_is_fp32");

  if (run.value("aux", false)) {
    const auto fresh = make_scheduler(name, config(run.value("config", json::object()), "config"));
    fresh->set_timesteps(request);
    check_auxiliary(reference, report, *fresh, prefix);
  }
  if (run.value("keep_config", false)) {
    const auto folder = reference.folder() / "model" / id;
    const auto saved = make_scheduler(name, load_scheduler_config(folder / "scheduler_config.json"));
    saved->set_timesteps(request);
    if (!at::equal(run_through(*saved, options, x0, bank).x, got.x))
      report.fail(prefix + "x: the saved scheduler_config.json gives another trajectory");
  }
}

}  // namespace

void run_scheduler_case(const reference_case& reference, reference_report& report) {
  for (const json& run : reference.cfg().at("runs"))
    in_context(run.value("id", "run"), [&] { check_run(reference, report, run); });
}

}  // namespace zoetrope
