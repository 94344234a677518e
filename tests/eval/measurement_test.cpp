// Speed and memory of a running cell: which samples there are and that they add up, never how large they are.
#include <algorithm>
#include <numeric>

#include "core/tensor/machine.hpp"
#include "eval/memory_sampler.hpp"
#include "eval/part_clock.hpp"
#include "eval/speed_measurement.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

double sum(const std::vector<double>& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0);
}

TEST(SpeedMeasurement, HasEverySampleOfEveryPart) {
  const auto folder = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "assets/tiny";
  const text_to_video_model model = load_text_to_video_model(model_directory::open(folder.string()));
  const text_to_video_call call{
      .prompts = {"a red circle"}, .width = 32, .height = 32, .video_length = 2, .steps = 3, .seeds = {1}};
  noise_options options;
  options.timeout_seconds = 0;
  const auto parts = measure_speed(model, call, options, [] { return true; });
  for (const char* once : {"clip", "text", "vae"}) EXPECT_EQ(parts.at(once).seconds.size(), 1u) << once;
  for (const char* step : {"step", "unet_step", "unet_resnet", "unet_spatial_transformer",
                           "unet_temporal_transformer", "unet_resampling", "unet_other"})
    EXPECT_EQ(parts.at(step).seconds.size(), 3u) << step;
  EXPECT_EQ(parts.count("controlnets"), 0u);
  EXPECT_EQ(parts.at("unet_step").stopped, "timeout");
  EXPECT_EQ(parts.at("unet_resnet").stopped, "count");
  EXPECT_GE(parts.at("clip").seconds[0],
            sum(parts.at("step").seconds) + sum(parts.at("text").seconds) + sum(parts.at("vae").seconds));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_GE(parts.at("step").seconds[i], parts.at("unet_step").seconds[i]);
  for (const auto& [name, part] : parts)
    if (name != "unet_other") {
      EXPECT_GT(*std::min_element(part.seconds.begin(), part.seconds.end()), 0) << name;
    }

  options = {.max_noise = 1e-9, .min_seconds = 1e-9, .timeout_seconds = 1e9, .min_samples = 2};
  int steps = 0;
  EXPECT_TRUE(mentions(failure_of([&] { measure_speed(model, call, options, [&] { return ++steps < 8; }); }),
                       "interrupted: "));
  EXPECT_EQ(steps, 8);  // it went on into the third clip, for the noise is above 1e-9
}

TEST(MemorySampler, SeesWhatIsHeldForAWhile) {
  constexpr std::int64_t size = 256 << 20;
  memory_sampler sampler(at::kCPU, std::chrono::milliseconds(1));
  {
    std::vector<char> held(size, 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_EQ(held[size / 2], 1);
  }
  const memory_timeline line = sampler.stop();
  ASSERT_EQ(line.seconds.size(), line.resident_bytes.size());
  ASSERT_GE(line.seconds.size(), 3u);
  EXPECT_TRUE(line.device_bytes.empty());
  EXPECT_TRUE(std::is_sorted(line.seconds.begin(), line.seconds.end()));
  const auto peak = *std::max_element(line.resident_bytes.begin(), line.resident_bytes.end());
  EXPECT_GT(peak - line.resident_bytes.front(), size * 9 / 10);
  EXPECT_GT(peak - line.resident_bytes.back(), size * 9 / 10);
}

TEST(PartClock, KindsAreReadFromPaths) {
  EXPECT_EQ(unet_part_kind("down_blocks.1.temporal_attentions.0.norm"), "temporal_transformer");
  EXPECT_EQ(unet_part_kind("down_blocks.1.attentions.0.proj_in"), "spatial_transformer");
  EXPECT_EQ(unet_part_kind("mid_block.resnets.1.conv1"), "resnet");
  EXPECT_EQ(unet_part_kind("up_blocks.0.upsamplers.0.conv"), "resampling");
  EXPECT_EQ(unet_part_kind("conv_in"), "other");
}

}  // namespace
}  // namespace zoetrope
