// The two small complete models that the tests of this folder run, each loaded once.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/error.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// Random weights; VAE factor 2, UNet size multiple 4, Euler, zeros for a negative prompt that is not given.
const text_to_video_model& random_model();
std::filesystem::path random_model_folder();
/// The model of assets/tiny, trained on moving shapes; DDIM with v-prediction.
const text_to_video_model& shapes_model();

/// A short clip of the random model: 3 frames of 16 x 24, 3 steps of DDIM, seed 5.
text_to_video_call short_call();

/// Runs `body`, which must throw our error, and returns it.
template <class Body>
error thrown_by(Body&& body) {
  try {
    body();
  } catch (const error& failure) {
    return failure;
  }
  ADD_FAILURE() << "nothing was thrown";
  return error(error_kind::runtime, "");
}

#define ZT_EXPECT_ERROR(wanted_kind, text, ...)                                             \
  do {                                                                                      \
    const ::zoetrope::error failure = ::zoetrope::thrown_by([&] { (void)(__VA_ARGS__); });  \
    EXPECT_EQ(failure.kind(), ::zoetrope::error_kind::wanted_kind) << failure.what();       \
    EXPECT_NE(std::string(failure.what()).find(text), std::string::npos) << failure.what(); \
  } while (false)

}  // namespace zoetrope
