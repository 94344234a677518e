#include "cli/training_flags.hpp"

#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

json flagged(const training_flags& given, int64_t ranks = 1) {
  return with_flags(given, config(fine_tune_defaults(), "train"), ranks).value();
}

TEST(TrainingFlags, GoWhereTheConfigHasThem) {
  const json recipe = flagged({{"train_batch_size", "3"},
                               {"gradient_accumulation_steps", "4"},
                               {"learning_rate", "1e-4"},
                               {"scale_lr", ""},
                               {"lr_scheduler", "cosine"},
                               {"use_8bit_adam", ""},
                               {"mixed_precision", "bf16"},
                               {"test_prompts", "one|two"},
                               {"save_starting_step", "0"}});
  EXPECT_EQ(recipe["batch_size"], 12);
  EXPECT_EQ(recipe["micro_batches"], 4);
  EXPECT_DOUBLE_EQ(recipe["learning_rate"]["learning_rate"], 12e-4);
  EXPECT_EQ(recipe["learning_rate"]["warmup_steps"], 500);
  EXPECT_EQ(recipe["optimizer"]["type"], "adamw8bit");
  EXPECT_EQ(recipe["precision"], "bf16");
  EXPECT_EQ(recipe["evaluation"]["prompts"], (json{"one", "two"}));
  EXPECT_EQ(recipe["checkpoint_every"], 0);
}

TEST(TrainingFlags, AConfigThatHasNoPlaceForThemIsABadInput) {
  const auto refusal = [](const json& recipe, const training_flags& given) {
    return failure_of([&] { with_flags(given, config(recipe, "r.yaml")); });
  };
  const json rate{{"learning_rate", 1e-4}}, data{{"data", "x"}};
  for (const training_flags& given : std::vector<training_flags>{
           {{"learning_rate", "1"}}, {{"scale_lr", ""}}, {{"lr_scheduler", "cosine"}}, {{"seed", "1"}}})
    EXPECT_TRUE(mentions(refusal(rate, given), "bad_input: r.yaml: $.learning_rate: wanted an object"));
  EXPECT_TRUE(mentions(refusal(data, {{"data_dir", "d"}}), "bad_input: r.yaml: $.data: wanted an object"));
  EXPECT_TRUE(
      mentions(refusal(data, {{"resolution", "512"}}), "bad_input: r.yaml: $.data: wanted an object"));
  EXPECT_TRUE(mentions(refusal({{"micro_batches", "two"}}, {{"train_batch_size", "1"}}),
                       "bad_input: r.yaml: $.micro_batches: wanted "));
  EXPECT_TRUE(mentions(refusal({{"stages", json::array()}}, {{"seed", "1"}}), "usage: train: --seed is for"));
  EXPECT_TRUE(mentions(refusal({{"data", {{"type", "shapes"}}}}, {{"data_dir", "d"}}),
                       "data of r.yaml is of type shapes, whose options are others"));
  EXPECT_TRUE(mentions(refusal(json::object(), {{"data_dir", "\xff"}}), "usage: train: --data_dir: "));
}

// total_batch_size = train_batch_size * num_processes * gradient_accumulation_steps, and so for --scale_lr.
TEST(TrainingFlags, CountForEachProcess) {
  const json recipe = flagged({{"train_batch_size", "3"},
                               {"gradient_accumulation_steps", "4"},
                               {"learning_rate", "1e-4"},
                               {"scale_lr", ""}},
                              2);
  EXPECT_EQ(recipe["batch_size"], 24);
  EXPECT_EQ(recipe["micro_batches"], 8);
  EXPECT_DOUBLE_EQ(recipe["learning_rate"]["learning_rate"], 24e-4);
  EXPECT_EQ(flagged({{"train_batch_size", "1"}}, 2)["batch_size"], 2);
}

TEST(TrainingFlags, SnrGammaWithoutANumberIsTheOriginals) {
  EXPECT_EQ(flagged({{"snr_gamma", ""}})["objective"]["snr_gamma"], 1.0);
  EXPECT_EQ(flagged({{"snr_gamma", ""}})["objective"]["compat_hotshot"], true);
  EXPECT_EQ(flagged({{"snr_gamma", "5"}})["objective"]["snr_gamma"], 5.0);
  EXPECT_FALSE(flagged({{"snr_gamma", "5"}})["objective"].contains("compat_hotshot"));
}

}  // namespace
}  // namespace zoetrope
