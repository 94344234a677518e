// Promises that every scheduler of the table keeps, without knowing which one it is.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/tensor/random.hpp"
#include "schedulers/noise_schedule.hpp"
#include "schedulers/scheduler.hpp"
#include "schedulers/sigma_schedule.hpp"

namespace zoetrope {
namespace {

const config plain_options(const std::string& name) {
  json options = {{"beta_start", 0.00085},
                  {"beta_end", 0.012},
                  {"beta_schedule", "scaled_linear"},
                  {"clip_sample", false}};
  if (name == "PNDMScheduler") options["skip_prk_steps"] = true;
  return config(options);
}

std::unique_ptr<scheduler> sampler_of(const std::string& name, int64_t steps) {
  auto sampler = make_scheduler(name, plain_options(name));
  sampler->set_timesteps({.steps = steps});
  return sampler;
}

bool is_flow(const std::string& name) { return name.starts_with("FlowMatch"); }
bool is_edm(const std::string& name) { return name.starts_with("EDM"); }
bool is_consistency(const std::string& name) { return name == "LCMScheduler" || name == "TCDScheduler"; }

// The last level is the smallest of training, 0.03, instead of 0.
bool ends_above_zero(const std::string& name) {
  return name == "DEISMultistepScheduler" || name == "PNDMScheduler" || name == "TCDScheduler";
}

// A network that knows the data: E[x_0 | x] for x_0 ~ N(mean, deviation^2), in what the class wants
// predicted.
class exact_network {
 public:
  exact_network(std::string name, at::Tensor mean, double deviation)
      : name_(std::move(name)), mean_(std::move(mean)), variance_(deviation * deviation) {
    const auto schedule = read_noise_schedule(plain_options(name_));
    sigmas_ = schedule.sigmas();
  }

  // `input`: after scale_model_input
  at::Tensor operator()(const at::Tensor& input, double t) const {
    if (is_flow(name_)) {
      const double sigma = t / 1000.0;
      const at::Tensor x0 = original(input, 1 - sigma, sigma);
      return (input - (1 - sigma) * x0) / sigma - x0;
    }
    if (is_edm(name_)) {
      const double sigma = std::exp(4 * t), data = 0.25, sum = sigma * sigma + data;
      const at::Tensor sample = input * std::sqrt(sum);
      return (original(sample, 1.0, sigma) - data / sum * sample) / (sigma * 0.5 / std::sqrt(sum));
    }
    const double sigma = interpolated(sigmas_, t), alpha = 1 / std::sqrt(1 + sigma * sigma);
    return (input - alpha * original(input, alpha, alpha * sigma)) / (alpha * sigma);
  }

 private:
  at::Tensor original(const at::Tensor& x, double alpha, double sigma) const {
    const double gain = alpha * variance_ / (alpha * alpha * variance_ + sigma * sigma);
    return mean_ + gain * (x - alpha * mean_);
  }

  std::string name_;
  at::Tensor mean_;
  double variance_;
  std::vector<float> sigmas_;
};

at::Tensor sampled(scheduler& sampler, const exact_network& network, at::Tensor x, uint64_t seed,
                   int64_t first = 0) {
  generator source(seed);
  const noise_source noise = [&](at::IntArrayRef shape, at::ScalarType dtype) {
    return source.normal(shape).to(dtype);
  };
  const at::Tensor timesteps = sampler.timesteps().to(at::kDouble);
  for (int64_t k = first; k < timesteps.numel(); ++k) {
    const double t = timesteps[k].item<double>();
    const at::Tensor output = network(sampler.scale_model_input(x, t), t).to(x.scalar_type());
    x = sampler.step({output, t, x, noise}).prev_sample;
  }
  return x;
}

at::Tensor normal(at::IntArrayRef shape, uint64_t seed) { return generator(seed).normal(shape); }

class EveryScheduler : public testing::TestWithParam<std::string> {};
class SchedulerThatDraws : public testing::TestWithParam<std::string> {};
class SchedulerOfAnyNetwork : public testing::TestWithParam<std::string> {
};  // LCM and TCD need a distilled one
class SchedulerThatCounts : public testing::TestWithParam<std::string> {};

TEST_P(EveryScheduler, EndsFiniteAndRepeatsItselfForTheSameNoise) {
  const exact_network network(GetParam(), at::zeros({1}), 0.3);
  for (const int64_t steps : {4, 9, 25}) {
    const auto run = [&] {
      const auto sampler = sampler_of(GetParam(), steps);
      return sampled(*sampler, network, normal({1, 4, 2, 3, 5}, 1) * sampler->init_noise_sigma(), 7);
    };
    const at::Tensor first = run();
    EXPECT_TRUE(at::isfinite(first).all().item<bool>()) << steps;
    EXPECT_TRUE(at::equal(first, run())) << steps;
  }
}

TEST_P(EveryScheduler, RunsAgainAfterSetTimesteps) {
  const exact_network network(GetParam(), at::zeros({1}), 0.3);
  const auto sampler = sampler_of(GetParam(), 8);
  const at::Tensor start = normal({1, 4, 1, 2, 2}, 1) * sampler->init_noise_sigma();
  const at::Tensor first = sampled(*sampler, network, start, 7);
  sampler->set_timesteps({.steps = 8});
  EXPECT_TRUE(at::equal(sampled(*sampler, network, start, 7), first));
}

TEST_P(EveryScheduler, TimestepsFallAndSigmasWithThem) {
  const auto sampler = sampler_of(GetParam(), 20);
  const at::Tensor timesteps = sampler->timesteps().to(at::kDouble);
  EXPECT_TRUE((timesteps.diff() <= 0).all().item<bool>());
  EXPECT_GE(timesteps.numel(), 20);
  EXPECT_LE(timesteps.numel(), 20 * sampler->order() + 1);
  const at::Tensor sigmas = sampler->sigmas();
  if (sigmas.defined()) {
    EXPECT_TRUE((sigmas.diff() <= 0).all().item<bool>());
  }
}

TEST_P(SchedulerOfAnyNetwork, ReachesTheVarianceOfTheDataAsStepsGrow) {
  const double deviation = 0.3;
  const exact_network network(GetParam(), at::zeros({1}), deviation);
  const auto error = [&](int64_t steps) {
    const auto sampler = sampler_of(GetParam(), steps);
    const at::Tensor end = sampled(*sampler, network, normal({100, 100}, 3) * sampler->init_noise_sigma(), 4);
    return std::fabs(end.std().item<double>() / deviation - 1);
  };
  const double few = error(8), many = error(300);
  EXPECT_LT(many, 0.06);
  EXPECT_LT(many, few + 0.02);
}

// With one picture as all the data there is, epsilon never changes along the way, and every solver is exact.
TEST_P(EveryScheduler, FindsTheOnlyPictureFromAddNoiseOnward) {
  const at::Tensor picture = normal({1, 3, 4, 4}, 11), epsilon = normal({1, 3, 4, 4}, 12);
  const exact_network network(GetParam(), picture, 1e-4);
  for (const int64_t first : {0, 6}) {
    const auto sampler = sampler_of(GetParam(), 10);
    const at::Tensor at = sampler->timesteps().narrow(0, first, 1);
    const at::Tensor end = sampled(*sampler, network, sampler->add_noise(picture, epsilon, at), 5, first);
    EXPECT_LT((end - picture).abs().max().item<double>(), ends_above_zero(GetParam()) ? 0.15 : 0.02) << first;
  }
}

TEST_P(EveryScheduler, KeepsHalfPrecisionAndFullPrecisionNumbersAlike) {
  const exact_network network(GetParam(), at::zeros({1}), 0.3);
  const auto run = [&](at::ScalarType dtype) {
    const auto sampler = sampler_of(GetParam(), 6);
    return sampled(*sampler, network, (normal({1, 4, 8, 8}, 1) * sampler->init_noise_sigma()).to(dtype), 7);
  };
  const at::Tensor full = run(at::kFloat), half = run(at::kBFloat16);
  EXPECT_EQ(half.scalar_type(), at::kBFloat16);
  EXPECT_LT((half.to(at::kFloat) - full).abs().mean().item<double>(), 0.05);
}

TEST_P(EveryScheduler, LeavesItsInputsAlone) {
  const auto sampler = sampler_of(GetParam(), 5);
  generator source(3);
  const noise_source noise = [&](at::IntArrayRef shape, at::ScalarType dtype) {
    return source.normal(shape).to(dtype);
  };
  const at::Tensor sample = normal({1, 4, 2, 2}, 1), output = normal({1, 4, 2, 2}, 2);
  const at::Tensor sample_before = sample.clone(), output_before = output.clone();
  const double t = sampler->timesteps()[0].to(at::kDouble).item<double>();
  sampler->scale_model_input(sample, t);
  sampler->step({output, t, sample, noise});
  EXPECT_TRUE(at::equal(sample, sample_before));
  EXPECT_TRUE(at::equal(output, output_before));
}

TEST_P(EveryScheduler, NamesItsOptionsAtTheirDefaults) {
  const config options;
  make_scheduler(GetParam(), options);
  const json described = options.described();
  EXPECT_EQ(described.at("num_train_timesteps"), 1000);
  EXPECT_GE(described.size(), 2u);
}

TEST_P(EveryScheduler, RefusesStepsOutOfRange) {
  const auto sampler = make_scheduler(GetParam(), plain_options(GetParam()));
  for (const int64_t steps : {int64_t(0), int64_t(-3), int64_t(5'000'000)})
    EXPECT_THROW(sampler->set_timesteps({.steps = steps}), error) << steps;
  EXPECT_THROW(sampler->set_timesteps({}), error);
}

TEST_P(SchedulerThatDraws, SaysThatItNeedsNoise) {
  const auto sampler = sampler_of(GetParam(), 5);
  const at::Tensor x = normal({1, 4, 2, 2}, 1);
  try {
    sampler->step({x, sampler->timesteps()[0].to(at::kDouble).item<double>(), x, {}});
    FAIL();
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("noise source"), std::string::npos);
  }
}

TEST_P(SchedulerThatCounts, RefusesAStepBehindTheLast) {
  const exact_network network(GetParam(), at::zeros({1}), 0.3);
  const auto sampler = sampler_of(GetParam(), 5);
  const at::Tensor end = sampled(*sampler, network, normal({1, 4, 2, 2}, 1), 7);
  EXPECT_THROW(sampler->step({end, 0.0, end, {}}), error);
}

TEST_P(SchedulerThatCounts, BeginsWhereItIsToldWhateverTheTimestep) {
  const at::Tensor picture = normal({1, 3, 4, 4}, 11), epsilon = normal({1, 3, 4, 4}, 12);
  const exact_network network(GetParam(), picture, 1e-4);
  const auto told = sampler_of(GetParam(), 6), found = sampler_of(GetParam(), 6);
  const int64_t first = 2;
  told->set_begin_index(first);
  const at::Tensor at = found->timesteps().narrow(0, first, 1);
  const at::Tensor start = found->add_noise(picture, epsilon, at);
  // Told where it begins, it adds noise of that level for any timestep.
  EXPECT_TRUE(at::equal(told->add_noise(picture, epsilon, is_consistency(GetParam()) ? at : at * 0), start));
  EXPECT_TRUE(at::equal(sampled(*told, network, start, 5, first), sampled(*found, network, start, 5, first)));
}

std::vector<std::string> all_but(const std::vector<std::string>& left_out) {
  std::vector<std::string> names = schedulers().names();
  std::erase_if(names, [&](const std::string& name) {
    return std::find(left_out.begin(), left_out.end(), name) != left_out.end();
  });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryScheduler, testing::ValuesIn(schedulers().names()),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(Table, SchedulerThatDraws,
                         testing::Values("DDPMScheduler", "EulerAncestralDiscreteScheduler",
                                         "DPMSolverSDEScheduler", "LCMScheduler", "TCDScheduler"),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(Table, SchedulerOfAnyNetwork,
                         testing::ValuesIn(all_but({"LCMScheduler", "TCDScheduler"})),
                         [](const auto& info) { return info.param; });
// The others go by timestep.
INSTANTIATE_TEST_SUITE_P(Table, SchedulerThatCounts,
                         testing::ValuesIn(all_but({"DDPMScheduler", "DDIMScheduler", "PNDMScheduler"})),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace zoetrope
