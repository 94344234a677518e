#include "training/learning_rate.hpp"

#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// What diffusers 0.42's get_scheduler gives for a rate of 0.002, 4 steps of warm-up and 20 in all (the cosine
// of 1.5 cycles: get_cosine_schedule_with_warmup), at these steps.
const std::vector<int64_t> steps{0, 1, 4, 5, 11, 16, 19, 20, 23};
struct rate_case {
  json options;
  std::vector<double> rates;
};
const rate_case cases[] = {
    {{{"schedule", "constant"}}, {0.002, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002}},
    {{{"schedule", "constant_with_warmup"}, {"warmup_steps", 4}},
     {0, 0.0005, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002, 0.002}},
    {{{"schedule", "linear"}, {"warmup_steps", 4}},
     {0, 0.0005, 0.002, 0.001875, 0.0011250000000000001, 0.0005, 0.000125, 0, 0}},
    {{{"schedule", "cosine"}, {"warmup_steps", 4}},
     {0, 0.0005, 0.002, 0.0019807852804032307, 0.0011950903220161284, 0.00029289321881345256,
      1.921471959676957e-05, 0, 0.00016853038769745456}},
    {{{"schedule", "cosine"}, {"warmup_steps", 4}, {"cycles", 1.5}},
     {0, 0.0005, 0.002, 0.0018314696123025453, 0.00044442976698039785, 0.0017071067811865476,
      0.00016853038769745488, 0, 0.001195090322016127}},
    {{{"schedule", "cosine_with_restarts"}, {"warmup_steps", 4}},
     {0, 0.0005, 0.002, 0.0019807852804032307, 0.0011950903220161284, 0.00029289321881345256,
      1.921471959676957e-05, 0, 0}},
    {{{"schedule", "cosine_with_restarts"}, {"warmup_steps", 4}, {"cycles", 3}},
     {0, 0.0005, 0.002, 0.0018314696123025453, 0.0015555702330196021, 0.0017071067811865474,
      0.00016853038769745467, 0, 0}},
    {{{"schedule", "polynomial"}, {"warmup_steps", 4}},
     {0, 0.0005, 0.002, 0.0018750062500000003, 0.00112504375, 0.000500075, 0.00012509375000000002, 1e-07,
      1e-07}},
    {{{"schedule", "polynomial"}, {"warmup_steps", 4}, {"power", 2.0}},
     {0, 0.0005, 0.002, 0.0017578246093750002, 0.000632880859375, 0.00012509375000000002,
      7.912109375000002e-06, 1e-07, 1e-07}}};

TEST(LearningRate, IsThatOfDiffusers) {
  for (const rate_case& one : cases) {
    json tree = one.options;
    tree["learning_rate"] = 0.002;
    const config options(tree);
    const learning_rate_options read = read_learning_rate_options(options, 20);
    options.expect_all_read();
    for (std::size_t i = 0; i < steps.size(); ++i)
      EXPECT_NEAR(learning_rate(read, steps[i]), one.rates[i], 1e-17) << tree << " step " << steps[i];
  }
}

TEST(LearningRate, SomeSchedulesDependOnTheLengthOfTheRun) {
  for (const rate_case& one : cases) {
    const auto first_rates = [&](int64_t total) {
      const learning_rate_options read = read_learning_rate_options(config(one.options), total);
      return std::pair(depends_on_steps(read), learning_rate(read, 6));
    };
    const auto [depends, rate] = first_rates(20);
    EXPECT_EQ(depends, rate != first_rates(21).second) << one.options;
  }
}

TEST(LearningRate, OptionsThatMakeNoSenseAreErrors) {
  const auto failure = [](const json& tree) {
    return failure_of([&] { read_learning_rate_options(config(tree), 20); });
  };
  EXPECT_TRUE(mentions(failure({{"schedule", "cosin"}}), "did you mean 'cosine'?"));
  EXPECT_TRUE(mentions(failure({{"learning_rate", -1.0}}), "learning_rate: got -1, wanted 0 or more"));
  EXPECT_TRUE(mentions(failure({{"schedule", "linear"}, {"warmup_steps", 20}}),
                       "warmup_steps (--lr_warmup_steps): got 20, wanted less than the run's 20 steps"));
  // A key that the schedule has no use for is left unread.
  const config options(json{{"schedule", "linear"}, {"power", 2.0}});
  read_learning_rate_options(options, 20);
  EXPECT_EQ(options.unread(), std::vector<std::string>{"$.power"});
}

}  // namespace
}  // namespace zoetrope
