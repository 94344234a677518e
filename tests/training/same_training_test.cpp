// What a run may change when it goes on, and how it is told what it may not.
#include "training/same_training.hpp"

#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

std::string told(const json& before, const json& now) {
  return failure_of([&] { expect_same_training(before, now, "runs/a"); });
}

TEST(SameTraining, TheFirstKeyThatDiffersIsNamedWithBothValues) {
  EXPECT_EQ(told({{"seed", 0}}, {{"seed", 1}}),
            "usage: runs/a: was trained with seed 0, now it is 1; put that back, or choose another folder");
  const json before = {{"optimizer", {{"type", "adamw"}, {"beta2", 0.99}}}, {"train", {"unet.*"}}};
  json now = before;
  now["optimizer"]["beta2"] = 0.98;
  EXPECT_TRUE(mentions(told(before, now), "with optimizer.beta2 0.99, now it is 0.98"));
  now = before;
  now["train"] = {"vae.*"};
  EXPECT_TRUE(mentions(told(before, now), R"(with train ["unet.*"], now it is ["vae.*"])"));
  now = before;
  now["ema"] = {{"decay", 0.5}};
  EXPECT_TRUE(mentions(told(before, now), "with ema.decay its default, now it is 0.5"));
  EXPECT_TRUE(mentions(told(now, before), "with ema.decay 0.5, now it is its default"));
  EXPECT_TRUE(mentions(told({{"caption_dropout", 0.5}}, json::object()), "with caption_dropout 0.5"));
}

TEST(SameTraining, WhatIsNotThereIsAtItsDefault) {
  EXPECT_EQ(told({{"ema", nullptr}, {"optimizer", json::object()}}, json::object()), "no error");
  EXPECT_EQ(told(json::object(), {{"objective", {{"snr_gamma", nullptr}}}}), "no error");
}

TEST(SameTraining, OnlyTheOwnPlaceOfAKeyIsFree) {
  EXPECT_EQ(
      told({{"steps", 2}, {"data", {{"skip_bad", false}}}}, {{"steps", 4}, {"data", {{"skip_bad", true}}}}),
      "no error");
  EXPECT_TRUE(mentions(told({{"data", {{"steps", 2}}}}, {{"data", {{"steps", 3}}}}), "data.steps 2"));
  EXPECT_TRUE(mentions(told({{"model", {{"cache", 2}}}}, {{"model", {{"cache", 3}}}}), "model.cache 2"));
}

// training_origin.hpp compares what lies there.
TEST(SameTraining, PathsOfTheModelAndTheDataAreFree) {
  EXPECT_EQ(told({{"model", {{"pretrained", "a"}}}, {"data", {{"folder", "c"}}}},
                 {{"plugin", {"p"}},
                  {"model", {{"pretrained", "b"}, {"unet_weights", "d"}}},
                  {"data", {{"folder", "e"}}}}),
            "no error");
  EXPECT_TRUE(mentions(told({{"data", {{"file", "a"}, {"fps", 8}}}}, {{"data", {{"file", "b"}, {"fps", 9}}}}),
                       "data.fps 8"));
}

}  // namespace
}  // namespace zoetrope
