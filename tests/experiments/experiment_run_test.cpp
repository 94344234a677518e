// Whole experiments on the model in the box, in two steps each.
#include "experiments/experiment_run.hpp"

#include <ATen/ATen.h>

#include "core/io/sha256.hpp"
#include "core/tensor/weights.hpp"
#include "experiments/reproduce.hpp"
#include "experiments/same_clips.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

experiment_file small() {
  experiment_file experiment;
  experiment.source = "small.yaml";
  experiment.name = "small";
  experiment.base = {{"steps", 2}, {"width", 32}, {"height", 32}, {"video_length", 4}};
  experiment.axes = {{"scheduler", {"euler", "ddim"}}};
  experiment.prompts = {"a red circle moving left"};
  experiment.seeds = {1, 2};
  experiment.metrics = {{{"type", "temporal_flickering"}}};
  experiment.keep.latents = true;
  return experiment;
}

run_options into(const fs::path& folder) {
  run_options options;
  options.folder = folder;
  options.conditions.command = "a test";
  return options;
}

std::vector<result> results_in(const fs::path& folder) {
  std::vector<result> all;
  for (const fs::path& file : result_files(folder)) all.push_back(read_result(file));
  return all;
}

TEST(ExperimentRun, ResultsHoldWhatThePipelineMakes) {
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.memory = true;
  experiment.keep.clips = "gif";
  const experiment_cells all = cells_of(experiment);
  const run_summary summary = run_experiment(experiment, all, into(folder.path()));
  EXPECT_EQ(summary.run, 4u);
  EXPECT_EQ(summary.failed, 0u);

  const experiment_cell& cell = all.cells[1];
  const result kept = read_result(result_path(folder.path(), cell.config, cell.seed));
  EXPECT_EQ(kept.experiment, "small");
  EXPECT_EQ(kept.config, cell.config);
  EXPECT_EQ(kept.arm, all.arms[cell.arm].values);
  EXPECT_EQ(kept.prompt, "a red circle moving left");
  EXPECT_EQ(kept.seed, 2u);
  EXPECT_EQ(kept.command, "a test");
  EXPECT_EQ(kept.versions.at("scheduler"), "EulerDiscreteScheduler");
  EXPECT_LT(kept.started, kept.finished);
  EXPECT_TRUE(fs::exists(result_path(folder.path(), cell.config, cell.seed).replace_extension("gif")));

  // The same call straight to the pipeline.
  const text_to_video_model model = open_model(all.arms[cell.arm].resolved);
  text_to_video_call call = call_of(all.arms[cell.arm].resolved.settings, {cell.prompt});
  call.seeds = {2};
  const text_to_video_result made = text_to_video(model, call);
  const at::Tensor frames = made.video[0].permute({1, 2, 3, 0}).mul(255).round().to(at::kByte).contiguous();
  EXPECT_EQ(kept.frames.shape, (hdf5_shape{4, 32, 32, 3}));
  const auto* bytes = frames.const_data_ptr<std::uint8_t>();
  EXPECT_EQ(kept.frames.values, std::vector<std::uint8_t>(bytes, bytes + frames.numel()));
  EXPECT_EQ(kept.frames_sha256, sha256_of(std::as_bytes(std::span(kept.frames.values))));
  const auto* latents = made.latents.const_data_ptr<float>();
  EXPECT_EQ(kept.latents.values, std::vector<float>(latents, latents + made.latents.numel()));

  // VBench's flicker: (255 - mean absolute difference of neighbours) / 255
  const at::Tensor levels = frames.to(at::kDouble);
  const double difference = (levels.slice(0, 1) - levels.slice(0, 0, 3)).abs().mean().item<double>();
  EXPECT_NEAR(kept.metrics.at("temporal_flickering").per_video, (255 - difference) / 255, 1e-6);
  EXPECT_EQ(kept.metrics.at("temporal_flickering").per_pair.size(), 3u);
  EXPECT_EQ(kept.metrics.count("motion_amount"), 1u);
  EXPECT_GT(kept.memory.at("peak_resident"), kept.memory.at("weights_unet"));
  EXPECT_LT(kept.memory.at("peak_above_start"), kept.memory.at("peak_resident"));
  EXPECT_GE(kept.memory.at("peak_above_start"), 0);
  EXPECT_GT(kept.memory.at("planned_activations_denoising"), 0);
  EXPECT_GE(kept.timeline.seconds.size(), 2u);
}

TEST(ExperimentRun, FinishedCellsAreLeftAlone) {
  const temporary_folder folder;
  const experiment_file experiment = small();
  const experiment_cells all = cells_of(experiment);
  run_options options = into(folder.path());
  int done = 0;
  options.conditions.goes_on = [&] { return done < 2; };
  options.on_cell = [&](const cell_report&) { ++done; };
  EXPECT_TRUE(mentions(failure_of([&] { run_experiment(experiment, all, options); }), "interrupted: "));
  ASSERT_EQ(result_files(folder.path()).size(), 2u);
  std::map<fs::path, std::string> before;
  for (const fs::path& file : result_files(folder.path())) before[file] = bytes_of(file);

  const run_summary summary = run_experiment(experiment, all, into(folder.path()));
  EXPECT_EQ(summary.run, 2u);
  EXPECT_EQ(summary.there, 2u);
  EXPECT_EQ(result_files(folder.path()).size(), 4u);
  for (const auto& [file, bytes] : before) EXPECT_EQ(bytes_of(file), bytes) << file;
}

TEST(ExperimentRun, ACellThatAnotherRunIsMakingIsLeftToIt) {
  const temporary_folder folder;
  const experiment_cells all = cells_of(small());
  const fs::path taken = result_path(folder.path(), all.cells[1].config, all.cells[1].seed);
  {
    const result_writer other(taken);
    const run_summary summary = run_experiment(small(), all, into(folder.path()));
    EXPECT_EQ(summary.run, 3u);
    EXPECT_EQ(summary.there, 0u);
    EXPECT_EQ(summary.elsewhere, 1u);
    EXPECT_EQ(summary.failed, 0u);
  }
  EXPECT_FALSE(fs::exists(taken));  // the other run gave up
  EXPECT_EQ(run_experiment(small(), all, into(folder.path())).run, 1u);
}

TEST(ExperimentRun, TwoRunsAgreeToTheBitAndSharesAreTheWhole) {
  const temporary_folder folder;
  const experiment_file experiment = small();
  const experiment_cells all = cells_of(experiment);
  run_experiment(experiment, all, into(folder / "whole"));
  for (const std::size_t index : {2, 0, 1}) {
    run_options options = into(folder / "shares");
    options.share = {index, 3, "a test"};
    run_experiment(experiment, all, options);
  }
  const auto whole = results_in(folder / "whole"), shares = results_in(folder / "shares");
  ASSERT_EQ(whole.size(), 4u);
  ASSERT_EQ(shares.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    const reproduction compared = compare_results(whole[i], shares[i]);
    EXPECT_EQ(whole[i].config, shares[i].config);
    EXPECT_TRUE(compared.agrees());
    EXPECT_TRUE(compared.facts.empty());
  }
}

TEST(ExperimentRun, AFailingCellIsRecordedAndTheOthersGoOn) {
  const temporary_folder folder;
  at::Tensor latents = at::zeros({1, 4, 4, 4, 4});
  latents[0][0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  save_tensors(folder / "nan.safetensors", {{"latents", latents}}, {});
  experiment_file experiment = small();
  experiment.axes = {{"latents", {(folder / "nan.safetensors").string(), ""}}};
  experiment.seeds = {1};
  const experiment_cells all = cells_of(experiment);
  std::vector<std::string> failures;
  run_options options = into(folder / "r");
  options.on_cell = [&](const cell_report& cell) {
    if (!cell.failure.empty()) failures.push_back(cell.failure);
  };
  run_summary summary = run_experiment(experiment, all, options);
  EXPECT_EQ(summary.run, 2u);
  EXPECT_EQ(summary.failed, 1u);
  ASSERT_EQ(failures.size(), 1u);
  const fs::path file = result_path(folder / "r", all.cells[0].config, 1);
  EXPECT_TRUE(read_result(file).failed());
  EXPECT_EQ(read_result(file).error, failures[0]);
  EXPECT_TRUE(read_result(file).metrics.empty());
  EXPECT_FALSE(read_result(result_path(folder / "r", all.cells[1].config, 1)).failed());

  const std::string before = bytes_of(file);
  summary = run_experiment(experiment, all, options);
  EXPECT_EQ(summary.run, 0u);
  EXPECT_EQ(summary.failed, 1u);
  EXPECT_EQ(summary.there, 1u);
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[1], concat("failed before: ", failures[0], "; --retry-failed runs it again"));
  EXPECT_EQ(bytes_of(file), before);
  options.retry_failed = true;
  summary = run_experiment(experiment, all, options);
  EXPECT_EQ(summary.run, 1u);
  EXPECT_EQ(summary.failed, 1u);
  EXPECT_TRUE(mentions(failure_of([&] { reproduce(file, options.conditions); }), "bad_input: "));
}

TEST(ExperimentRun, WhatIsNoResultOfOursIsNamedAndKept) {
  const temporary_folder folder;
  const experiment_file experiment = small();
  const experiment_cells all = cells_of(experiment);
  const fs::path file = result_path("", all.cells[0].config, all.cells[0].seed);
  folder.put(file, "half a file");
  std::vector<std::string> failures;
  run_options options = into(folder.path());
  options.on_cell = [&](const cell_report& cell) {
    if (!cell.failure.empty()) failures.push_back(cell.failure);
  };
  const run_summary summary = run_experiment(experiment, all, options);
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_EQ(summary.there, 0u);
  EXPECT_EQ(summary.unreadable, 1u);
  EXPECT_EQ(summary.run, 3u);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_TRUE(mentions(failures[0], file.string()));
  EXPECT_EQ(bytes_of(folder / file), "half a file");
}

TEST(ExperimentRun, ClipsAreComparedWithThoseOfAnotherExperiment) {
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.axes = {{"scheduler", {"euler"}}};
  run_experiment(experiment, cells_of(experiment), into(folder / "first"));
  experiment.reference = (folder / "first").string();
  experiment.metrics = {{{"type", "psnr"}}};
  experiment.axes = {{"scheduler", {"euler", "ddim"}}};
  experiment.seeds = {1, 2, 3};
  const experiment_cells all = cells_of(experiment);
  EXPECT_EQ(all.unavailable.at("psnr"),
            concat("needs a reference of this prompt and seed in ", experiment.reference, " (2 of 6 cells)"));
  EXPECT_EQ(run_experiment(experiment, all, into(folder / "second")).failed, 0u);
  for (const result& cell : results_in(folder / "second")) {
    const metric_result& psnr = cell.metrics.at("psnr");
    EXPECT_EQ(psnr.unavailable.empty(), cell.seed != 3);
    if (cell.seed == 3) continue;
    EXPECT_EQ(psnr.per_video == 100.0, cell.arm.at("scheduler") == "euler") << cell.arm << psnr.per_video;
    EXPECT_TRUE(reproduce(result_path(folder / "second", cell.config, cell.seed), {"a test"}).agrees());
  }
}

TEST(ExperimentRun, AClipThatCannotBeKeptCostsNoNumbers) {
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.axes.clear();
  experiment.seeds = {1};
  experiment.keep.clips = "gif";
  const experiment_cells all = cells_of(experiment);
  const fs::path file = result_path(folder.path(), all.cells[0].config, 1);
  fs::path in_the_way = file;
  in_the_way.replace_extension("gif");
  fs::create_directory(in_the_way);
  std::string failure;
  run_options options = into(folder.path());
  options.on_cell = [&](const cell_report& cell) { failure = cell.failure; };
  EXPECT_EQ(run_experiment(experiment, all, options).failed, 1u);
  EXPECT_TRUE(mentions(failure, "keep.clips: "));
  EXPECT_TRUE(mentions(failure, in_the_way.filename().string()));
  const result kept = read_result(file);
  EXPECT_FALSE(kept.failed());
  EXPECT_EQ(kept.versions.at("scheduler"), "DDIMScheduler");  // the model's own
  EXPECT_EQ(kept.metrics.count("temporal_flickering"), 1u);
  EXPECT_FALSE(kept.frames.values.empty());
}

TEST(ExperimentRun, WhatFinishedCellsDidNotKeepIsCounted) {
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.seeds = {1};
  experiment.keep = {.frames = false, .latents = true};
  const experiment_cells all = cells_of(experiment);
  run_experiment(experiment, all, into(folder.path()));
  EXPECT_TRUE(run_experiment(experiment, all, into(folder.path())).unkept.empty());
  experiment.keep = {.frames = true, .latents = true, .clips = "gif"};
  const run_summary summary = run_experiment(experiment, all, into(folder.path()));
  EXPECT_EQ(summary.there, 2u);
  EXPECT_EQ(summary.unkept, (std::map<std::string, std::size_t>{{"clips", 2}, {"frames", 2}}));
  for (const std::string form : {"png", "folder"}) {
    const fs::path other = folder / form;
    experiment.keep = {.frames = false, .latents = true};
    run_experiment(experiment, all, into(other));
    experiment.keep.clips = form;
    EXPECT_EQ(run_experiment(experiment, all, into(other)).unkept,
              (std::map<std::string, std::size_t>{{"clips", 2}}));
    for (const fs::path& file : result_files(other)) fs::remove(file);
    run_experiment(experiment, all, into(other));
    EXPECT_TRUE(run_experiment(experiment, all, into(other)).unkept.empty()) << form;
  }
}

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

TEST(SameClips, ArmsThatDifferAreNamed) {
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.axes = {{"unet.temporal.backend.type", {"sdpa", "dense"}}, {"eta", {0.0, 0.5}}};
  experiment.seeds = {1};
  experiment.base["scheduler"] = "ddim";
  const experiment_cells all = cells_of(experiment);
  run_experiment(experiment, all, into(folder.path()));
  const auto differing = clips_that_differ(folder.path(), all, 1);
  ASSERT_EQ(differing.size(), 2u);  // not the other backend, but both with noise in their steps
  for (const clip_difference& one : differing) {
    EXPECT_TRUE(mentions(one.cell, "eta=0.5"));
    EXPECT_GT(one.levels, 1);
    EXPECT_GT(one.share, 0);
  }
  EXPECT_TRUE(clips_that_differ(folder.path(), all, 255).empty());
}

}  // namespace
}  // namespace zoetrope
