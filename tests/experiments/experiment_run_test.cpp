// Whole experiments on the model in the box, in two steps each.
#include "experiments/experiment_run.hpp"

#include <ATen/ATen.h>

#include "core/io/sha256.hpp"
#include "core/tensor/weights.hpp"
#include "experiments/reproduce.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/experiments/small_experiment.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

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

}  // namespace
}  // namespace zoetrope
