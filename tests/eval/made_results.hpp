// Results of no experiment: numbers drawn by a seeded generator and small moving pictures, to test what is
// made of results. Arm i of `arms` is better than the ones before it in flicker and slower in time.
#pragma once

#include <cmath>
#include <random>

#include "eval/result_file.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {

struct made_experiment {
  std::string name = "made";
  std::vector<std::string> arms{"transformer", "conv", "none"};
  std::vector<std::string> prompts{"a red circle moving left", "a blue square moving up",
                                   "a green triangle growing", "an orange circle standing still"};
  std::vector<std::uint64_t> seeds{0, 1};
  bool frames = true, costs = true;
  int side = 32, length = 8;
};

inline std::string time_of_day(int second) {
  char text[32];
  std::snprintf(text, sizeof text, "2026-01-02T%02d:%02d:%02dZ", 3 + second / 3600, second / 60 % 60,
                second % 60);
  return text;
}

/// A disc of the arm's colour that moves with `speed` pixels a frame over a slope of grey. f h w c
inline hdf5_array<std::uint8_t> moving_disc(int side, int length, double speed, std::size_t arm) {
  hdf5_array<std::uint8_t> clip{{}, {std::uint64_t(length), std::uint64_t(side), std::uint64_t(side), 3}};
  for (int f = 0; f < length; ++f)
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const double dx = x - side * 0.25 - speed * f, dy = y - side * 0.5;
        const bool inside = std::sqrt(dx * dx + dy * dy) < side * 0.2;
        for (std::size_t c = 0; c < 3; ++c)
          clip.values.push_back(static_cast<std::uint8_t>(inside ? (arm % 3 == c ? 230 : 40)
                                                                 : 120 + 100 * (x + y) / (2 * side)));
      }
  return clip;
}

inline result made_result(const made_experiment& of, std::size_t arm, std::size_t prompt, std::size_t seed) {
  const auto clip = prompt * of.seeds.size() + seed;
  std::mt19937 random(static_cast<std::uint32_t>(1000 * arm + clip));
  const auto noise = [&] { return static_cast<double>(random()) / 4294967296.0 - 0.5; };
  result cell;
  cell.experiment = of.name;
  cell.arm = {{"generation.unet.temporal.type", of.arms[arm]}};
  cell.prompt = of.prompts[prompt];
  cell.seed = of.seeds[seed];
  cell.config = {{"generation",
                  {{"prompt", {cell.prompt}},
                   {"steps", 20},
                   {"duration", 1000},
                   {"unet", {{"temporal", {{"type", of.arms[arm]}, {"heads", arm == 1 ? 4 : 8}}}}}}},
                 {"repeat", 0}};
  cell.git_revision = "0123456789abcdef0123456789abcdef01234567";
  cell.command = "zoetrope experiment run made.yaml";
  cell.device = "CPU: made for a test";
  cell.threads = 2;
  cell.versions = {{"torch", "2.11.0"}, {"zoetrope", "0.1.0"}};
  const int second = static_cast<int>(arm * of.prompts.size() * of.seeds.size() + clip);
  cell.started = time_of_day(2 * second);
  cell.finished = time_of_day(2 * second + 1);
  const double speed = arm == 2 && prompt == 3 ? 0 : 1.0 + 0.3 * noise();
  metric_result motion{"px at 256", "neither", 8 * speed, {}, {}, ""};
  metric_result flicker{"share", "higher", 0.95 + 0.01 * static_cast<double>(arm) + 0.01 * noise(),
                        {},      {},       ""};
  metric_result warp{"squared levels", "lower", 12 - static_cast<double>(arm) + 4 * noise(), {}, {}, ""};
  for (int i = 0; i + 1 < of.length; ++i) {
    motion.per_pair.push_back(8 * speed + noise());
    flicker.per_pair.push_back(flicker.per_video + 0.01 * noise());
    warp.curves["lag"].push_back(i + 1);
    warp.curves["error"].push_back(warp.per_video * std::sqrt(i + 1.0) + noise());
  }
  cell.metrics = {{"motion_amount", motion}, {"temporal_flickering", flicker}, {"warp_error", warp}};
  cell.metrics["clip_score"].unavailable = "unavailable: needs clip/model.safetensors";
  if (of.costs) {
    for (int i = 0; i < 5; ++i)
      cell.speed["unet_step"].seconds.push_back(0.02 * (1 + static_cast<double>(arm)) * (1 + 0.1 * noise()));
    cell.speed["unet_step"].stopped = "noise";
    cell.memory["peak_resident"] = (400 + 50 * static_cast<std::int64_t>(arm)) << 20;
  }
  if (of.frames) cell.frames = moving_disc(of.side, of.length, speed * of.side / 32, arm);
  return cell;
}

inline void write_experiment(const std::filesystem::path& folder, const made_experiment& of) {
  std::filesystem::create_directories(folder / of.name);
  for (std::size_t arm = 0; arm < of.arms.size(); ++arm)
    for (std::size_t prompt = 0; prompt < of.prompts.size(); ++prompt)
      for (std::size_t seed = 0; seed < of.seeds.size(); ++seed) {
        const result cell = made_result(of, arm, prompt, seed);
        write_result(result_path(folder / of.name, cell.config, cell.seed), cell);
      }
}

/// As if the cell had failed.
inline result failed_result(result cell, const std::string& why) {
  cell.status = "failed";
  cell.error = why;
  cell.metrics.clear();
  cell.speed.clear();
  cell.memory.clear();
  cell.frames = {};
  return cell;
}

}  // namespace zoetrope
