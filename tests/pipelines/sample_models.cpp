// Small models for tests.
#include "sample_models.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace zoetrope {

namespace {

/// These models are too small to gain from a second thread, and OpenMP threads that wait for each other on a
/// busy machine (ctest -j) would take a hundred times as long.
struct one_thread : testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
[[maybe_unused]] const auto* const single = testing::AddGlobalTestEnvironment(new one_thread);

text_to_video_model loaded(const std::filesystem::path& folder) {
  return load_text_to_video_model(model_directory::open(folder.string()));
}

}  // namespace

std::filesystem::path random_model_folder() {
  return std::filesystem::path(ZOETROPE_SOURCE_DIR) / "tests/goldens/07_pipeline/tiny_hotshot/model";
}

const text_to_video_model& random_model() {
  static const text_to_video_model model = loaded(random_model_folder());
  return model;
}

const text_to_video_model& shapes_model() {
  static const text_to_video_model model = loaded(std::filesystem::path(ZOETROPE_SOURCE_DIR) / "assets/tiny");
  return model;
}

text_to_video_call short_call() {
  text_to_video_call call;
  call.prompts = {"a bulldog in a spaceship"};
  call.width = 24;
  call.height = 16;
  call.video_length = 3;
  call.steps = 3;
  call.scheduler_class = "DDIMScheduler";
  call.scheduler_overrides = {{"clip_sample", false}};
  call.seeds = {5};
  return call;
}

}  // namespace zoetrope
