#include "experiments/reproduce.hpp"

#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"
#include "tests/experiments/small_experiment.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

TEST(Reproduce, SaysTheSameOrByHowMuchNot) {
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.seeds = {1};
  const experiment_cells all = cells_of(experiment);
  run_options options = into(folder.path());
  run_experiment(experiment, all, options);
  const fs::path file = result_path(folder.path(), all.cells[0].config, 1);
  const reproduction same = reproduce(file, options.conditions);
  EXPECT_TRUE(same.frames_agree);
  EXPECT_TRUE(same.latents_agree);
  EXPECT_TRUE(same.agrees());
  EXPECT_EQ(same.facts, std::vector<std::string>{});

  result changed = read_result(file);
  changed.frames.values[7] = static_cast<std::uint8_t>(changed.frames.values[7] ^ 3);
  const int levels = std::abs(int{changed.frames.values[7]} - int{read_result(file).frames.values[7]});
  changed.frames_sha256 = std::string(64, '0');
  changed.latents.values[3] += 0.5F;
  changed.latents_sha256 = std::string(64, '0');
  changed.metrics.at("temporal_flickering").per_video += 0.25;
  changed.threads = 99;
  changed.versions["torch"] = "1.0";
  write_result(folder / "changed.h5", changed);
  const reproduction other = reproduce(folder / "changed.h5", options.conditions);
  EXPECT_FALSE(other.agrees());
  EXPECT_FALSE(other.frames_agree);
  EXPECT_FALSE(other.latents_agree);
  ASSERT_EQ(other.numbers.size(), 3u);
  EXPECT_EQ(other.numbers[0].after, levels);
  EXPECT_NEAR(other.numbers[1].after, 0.5, 1e-6);
  EXPECT_NEAR(other.numbers[2].before - other.numbers[2].after, 0.25, 1e-12);
  ASSERT_EQ(other.facts.size(), 2u);
  EXPECT_TRUE(mentions(other.facts[0], "threads: 99, now "));
  EXPECT_TRUE(mentions(other.facts[1], "torch: \"1.0\", now "));
}

TEST(Reproduce, EveryNumberOfAMetricIsCompared) {
  result before;
  before.metrics["m"] = {.unit = "px", .per_video = 1, .per_pair = {1, 2}, .curves = {{"lag", {3, 4}}}};
  const auto told = [&](const std::function<void(metric_result&)>& change) {
    result after = before;
    change(after.metrics.at("m"));
    std::vector<std::string> all;
    for (const changed_number& number : compare_results(before, after).numbers)
      all.push_back(concat(number.name, ": ", number.before, " ", number.after));
    return joined(all, "; ");
  };
  EXPECT_EQ(told([](metric_result&) {}), "");
  EXPECT_EQ(told([](metric_result& m) { m.per_pair[1] = 5; }), "metric m, pair 1: 2 5");
  EXPECT_EQ(told([](metric_result& m) { m.per_pair.pop_back(); }), "metric m, pairs, how many: 2 1");
  EXPECT_EQ(told([](metric_result& m) { m.curves["lag"][0] = 7; }), "metric m, curve lag, value 0: 3 7");
  EXPECT_EQ(told([](metric_result& m) { m.curves.clear(); }), "metric m, curve lag, values, how many: 2 0");
  EXPECT_EQ(told([](metric_result& m) { m.curves["new"] = {1}; }),
            "metric m, curve new, values, how many: 0 1");
}

}  // namespace
}  // namespace zoetrope
