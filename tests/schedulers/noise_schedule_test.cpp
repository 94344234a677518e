#include "schedulers/noise_schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zoetrope {
namespace {

noise_schedule schedule_of(const json& options, const noise_schedule_traits& traits = {}) {
  return read_noise_schedule(config(options), traits);
}

TEST(NoiseSchedule, LinearHasBothEnds) {
  const auto schedule = schedule_of({{"num_train_timesteps", 5}, {"beta_start", 0.1}, {"beta_end", 0.5}});
  const std::vector<float> want = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f};
  ASSERT_EQ(schedule.betas.size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(schedule.betas[i], want[i], 1e-7);
  EXPECT_NEAR(schedule.alpha_bar(1), 0.9 * 0.8, 1e-7);
}

TEST(NoiseSchedule, ScaledLinearIsStraightInTheRoot) {
  const auto schedule = schedule_of({{"num_train_timesteps", 3},
                                     {"beta_start", 0.01},
                                     {"beta_end", 0.09},
                                     {"beta_schedule", "scaled_linear"}});
  EXPECT_NEAR(schedule.betas[1], 0.04, 1e-8);
}

TEST(NoiseSchedule, SdxlEndsAtItsKnownSigma) {
  const auto schedule =
      schedule_of({{"beta_start", 0.00085}, {"beta_end", 0.012}, {"beta_schedule", "scaled_linear"}});
  EXPECT_NEAR(schedule.sigmas().back(), 14.6146, 1e-3);
  EXPECT_NEAR(schedule.sigmas().front(), 0.0291675, 1e-6);
}

TEST(NoiseSchedule, CosineIsCapped) {
  const auto schedule = schedule_of({{"beta_schedule", "squaredcos_cap_v2"}});
  EXPECT_FLOAT_EQ(schedule.betas.back(), 0.999f);
  // alpha_bar(1/2) of Nichol and Dhariwal's eq. 17 over its value at 0
  const auto f = [](double t) { return std::pow(std::cos((t + 0.008) / 1.008 * M_PI / 2), 2); };
  EXPECT_NEAR(schedule.alphas_cumprod[499], f(0.5) / f(0), 1e-5);
}

TEST(NoiseSchedule, ZeroTerminalSnrEndsInPureNoiseAndKeepsTheFirst) {
  const json options = {{"rescale_betas_zero_snr", true},
                        {"beta_schedule", "scaled_linear"},
                        {"beta_start", 0.00085},
                        {"beta_end", 0.012}};
  const auto schedule = schedule_of(options, {.can_rescale = true});
  EXPECT_EQ(schedule.alphas_cumprod.back(), 0.0f);
  EXPECT_NEAR(schedule.alphas_cumprod.front(), 1 - 0.00085, 1e-6);
  const auto finite = schedule_of(options, {.can_rescale = true, .keep_last_sigma_finite = true});
  EXPECT_NEAR(finite.sigmas().back(), 4096.0, 0.01);
  // A class without the option ignores it.
  EXPECT_GT(schedule_of(options).alphas_cumprod.back(), 0.004f);
}

TEST(NoiseSchedule, TrainedBetasStandBeforeTheNamedOnes) {
  const auto schedule = schedule_of({{"trained_betas", {0.5, 0.5}}, {"beta_schedule", "no such"}});
  EXPECT_EQ(schedule.alphas_cumprod, (std::vector<float>{0.5f, 0.25f}));
}

TEST(NoiseSchedule, RefusesUnknownNamesAndValuesByName) {
  const auto message = [](const json& options) -> std::string {
    try {
      schedule_of(options);
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::bad_input);
      return failure.what();
    }
    return "";
  };
  EXPECT_NE(message({{"beta_schedule", "scaled_liner"}}).find("did you mean 'scaled_linear'"),
            std::string::npos);
  EXPECT_NE(message({{"beta_schedule", "exp"}}).find("'exp'"), std::string::npos);  // Heun's alone
  EXPECT_NE(message({{"num_train_timesteps", 0}}).find("num_train_timesteps 0"), std::string::npos);
  EXPECT_NE(message({{"num_train_timesteps", 1 << 30}}).find("num_train_timesteps"), std::string::npos);
  EXPECT_NE(message({{"beta_end", 1.5}}).find("1.5"), std::string::npos);
  EXPECT_NE(message({{"trained_betas", json::array()}}).find("trained_betas"), std::string::npos);
}

TEST(NoiseSchedule, RefusesTimestepsOutsideOfItsTable) {
  const auto schedule = schedule_of({{"num_train_timesteps", 10}});
  EXPECT_THROW(schedule.alpha_bar(10), error);
  EXPECT_THROW(schedule.alpha_bar(-1), error);
}

}  // namespace
}  // namespace zoetrope
