#include "schedulers/timestep_spacing.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

using values = std::vector<double>;

// Lin et al. 2023, table 2: 1000 timesteps, 10 steps (there counted from 1).
TEST(TimestepSpacing, MatchesThePapersTable) {
  EXPECT_EQ(rounded(spaced_timesteps({timestep_spacing::linspace, 0}, 10, 1000)),
            (values{999, 888, 777, 666, 555, 444, 333, 222, 111, 0}));
  EXPECT_EQ(spaced_timesteps({timestep_spacing::leading, 0}, 10, 1000),
            (values{900, 800, 700, 600, 500, 400, 300, 200, 100, 0}));
  EXPECT_EQ(spaced_timesteps({timestep_spacing::trailing, 0}, 10, 1000),
            (values{999, 899, 799, 699, 599, 499, 399, 299, 199, 99}));
}

TEST(TimestepSpacing, AddsTheOffsetToLeadingOnly) {
  EXPECT_EQ(spaced_timesteps({timestep_spacing::leading, 1}, 4, 1000), (values{751, 501, 251, 1}));
  EXPECT_EQ(spaced_timesteps({timestep_spacing::trailing, 1}, 2, 1000), (values{999, 499}));
}

TEST(TimestepSpacing, BeforeTheEndLeavesRoomForOneMoreLevel) {
  EXPECT_EQ(spaced_timesteps_before_end({timestep_spacing::linspace, 0}, 4, 1000, 1000),
            (values{999, 749, 500, 250}));
  EXPECT_EQ(spaced_timesteps_before_end({timestep_spacing::leading, 1}, 4, 1000, 1000),
            (values{801, 601, 401, 201}));
  EXPECT_EQ(spaced_timesteps_before_end({timestep_spacing::linspace, 0}, 2, 1000, 900), (values{899, 450}));
}

// The quotient 1000 / (1000 / 61) is a hair above 61: one more timestep, -1, would follow.
TEST(TimestepSpacing, TrailingNeverHasMoreThanItsSteps) {
  for (int64_t steps = 1; steps <= 1000; ++steps) {
    const values timesteps = spaced_timesteps({timestep_spacing::trailing, 0}, steps, 1000);
    ASSERT_EQ(timesteps.size(), static_cast<std::size_t>(steps));
    ASSERT_GE(timesteps.back(), 0.0) << steps;
  }
}

TEST(TimestepSpacing, OneStepStartsAtTheTopWhereTheSpacingHasIt) {
  EXPECT_EQ(spaced_timesteps({timestep_spacing::trailing, 0}, 1, 1000), (values{999}));
  EXPECT_EQ(spaced_timesteps({timestep_spacing::leading, 1}, 1, 1000), (values{1}));
}

TEST(TimestepSpacing, RefusesUnknownNames) {
  EXPECT_THROW(read_spacing(config(json::object({{"timestep_spacing", "trailling"}})), "leading"), error);
}

}  // namespace
}  // namespace zoetrope
