// `zoetrope experiment` and `zoetrope reproduce` as seen from outside.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "eval/result_file.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

constexpr const char* two_arms = R"(
name: two arms
base: {steps: 2, width: 32, height: 32, video_length: 2}
axes: {scheduler: [euler, ddim]}
prompts: [a red circle moving left]
seeds: [0, 1]
metrics: [temporal_flickering]
)";

program_result experiment(const temporary_folder& folder, std::vector<std::string> more = {},
                          std::vector<std::string> environment = {}) {
  std::vector<std::string> arguments{"experiment", "run", "e.yaml"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run({arguments, folder.path(), std::move(environment)});
}

TEST(Experiment, DryRunSaysWhatItWouldTakeAndWritesNothing) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const program_result said = experiment(folder, {"--dry-run", "--json"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const auto tree = said.json();
  EXPECT_EQ(tree.at("cells"), 4);
  EXPECT_EQ(tree.at("left"), 4);
  EXPECT_GT(tree.at("seconds_left"), 0.0);
  EXPECT_GT(tree.at("planned_peak_bytes"), 8'000'000);
  EXPECT_EQ(tree.at("arms").size(), 2u);
  EXPECT_GT(tree.at("arms")[0].at("step_flops"), 1e6);
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"e.yaml"});
}

// A name of a folder is bytes, and need not be UTF-8.
TEST(Experiment, WhatWasRunIsToldWhateverTheFolderIsCalled) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const program_result said = experiment(folder, {"--json", "--output", "r\xff"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.json().at("run"), 4);
  EXPECT_EQ(said.json().at("folder"), "r\xef\xbf\xbd");
}

TEST(Experiment, RunsSkipsAndReproduces) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  program_result said = experiment(folder);
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(mentions(said.out, "two arms: 4 cells run, 0 were there, 0 failed; results/two arms"));
  EXPECT_TRUE(mentions(said.err, "two arms 4/4 cells"));
  const auto files = result_files(folder / "results/two arms");
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(read_result(files[0]).command, "zoetrope experiment run e.yaml");
  EXPECT_FALSE(read_result(files[0]).git_revision.empty());

  said = experiment(folder, {"--json"});
  EXPECT_EQ(said.json().at("run"), 0);
  EXPECT_EQ(said.json().at("skipped"), 4);

  // What a result keeps of its generation is a config, of the model in the box, too, which has no name there.
  folder.put("g.json", read_result(files[0]).config.at("generation").dump());
  EXPECT_EQ(run({{"generate", "--config", "g.json", "--output", "g.gif", "-q"}, folder.path()}).exit_code, 0);

  said = run({{"reproduce", files[0].string()}, folder.path()});
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_EQ(said.out,
            "frames: the same, to the bit\nlatents: the same, to the bit\n"
            "metrics: the same, to the bit\n");
}

TEST(Experiment, SharesOfAnArrayAreTheWhole) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  for (const char* id : {"1", "2", "3"}) {
    const program_result said = experiment(
        folder, {},
        {concat("SLURM_ARRAY_TASK_ID=", id), "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_COUNT=3"});
    ASSERT_EQ(said.exit_code, 0) << said.err;
    EXPECT_TRUE(mentions(said.err, concat("share ", id, " of 3, as SLURM_ARRAY_TASK_ID says")));
  }
  EXPECT_EQ(result_files(folder / "results").size(), 4u);
  const program_result said = experiment(folder, {"--shard", "1/1", "--json"});
  EXPECT_EQ(said.json().at("skipped"), 4);
}

TEST(Experiment, LaunchPrintsWhatStartsTheShares) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const program_result slurm = run({{"experiment", "launch", "e.yaml", "--slurm", "8"}, folder.path()});
  EXPECT_EQ(slurm.exit_code, 0) << slurm.err;
  EXPECT_TRUE(mentions(slurm.out, "#SBATCH --array=1-8\n"));
  EXPECT_TRUE(mentions(slurm.out, concat(" experiment run ", (folder / "e.yaml").string(), " --output '",
                                         (folder / "results/two arms").string(), "'\n")));
  const program_result mpi =
      run({{"experiment", "launch", "e.yaml", "--mpirun", "4", "--set", "seeds=[0]"}, folder.path()});
  EXPECT_TRUE(mpi.out.starts_with("mpirun -n 4 /")) << mpi.out;
  EXPECT_TRUE(mentions(mpi.out, "--set 'seeds=[0]'"));
  const auto refused = [&](std::vector<std::string> more, const std::string& text) {
    more.insert(more.begin(), {"experiment", "launch", "e.yaml"});
    const program_result said = run({more, folder.path()});
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_TRUE(mentions(said.err, text));
  };
  refused({}, "give --slurm N or --mpirun N");
  refused({"--slurm", "2", "--mpirun", "2"}, "give --slurm N or --mpirun N, not both");
  refused({"--slurm", "0"}, "--slurm: got 0, wanted 1 or more");
}

TEST(Experiment, MistakesAreNamedBeforeAnythingRuns) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const auto refused = [&](const std::vector<std::string>& more, int exit_code, const std::string& text) {
    const program_result said = experiment(folder, more);
    EXPECT_EQ(said.exit_code, exit_code) << said.err;
    EXPECT_TRUE(mentions(said.err, text));
    EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"e.yaml"});
  };
  refused({"--set", "axes={\"stepps\":[1]}"}, 3, "did you mean 'steps'");
  refused({"--set", "metrics=[\"flikker\"]"}, 3, "flikker");
  refused({"--set", "axes.scheduler=[]"}, 3, "nothing to run");
  refused({"--set", "axes.video_length=[1,2]"}, 3, "metrics are of two frames or more; these clips have 1");
  refused({"--set", "metric_weights=nowhere"}, 3, "metric_weights: nowhere: no such folder");
  refused({"--set", "seedss=[1]"}, 3, "did you mean 'seeds'");
  refused({"--set", "keep.clips=avi"}, 3, "unknown output format 'avi'");
  refused({"--shard", "5/4"}, 2, "wanted i/n with 1 <= i <= n");
  refused({"--shrad", "1/4"}, 2, "did you mean '--shard'?");
}

TEST(Experiment, WhatWillNotBeMeasuredIsToldBeforehand) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const program_result said =
      experiment(folder, {"--dry-run", "--set", "metrics=[lpips, prompt_adherence, psnr]", "--set",
                          "prompts=[a red circle moving left, a dog]"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(mentions(said.err, "metric lpips is unavailable: needs"));
  EXPECT_TRUE(mentions(said.err, "metric psnr is unavailable: needs a reference video\n"));
  EXPECT_TRUE(mentions(said.err, "metric prompt_adherence is unavailable: needs"));
  EXPECT_TRUE(mentions(said.err, "(4 of 8 cells)"));
}

TEST(Experiment, AFailedCellIsTheExitCode) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const std::string header = R"({"latents":{"dtype":"F32","shape":[1,4,2,4,4],"data_offsets":[0,512]}})";
  folder.put("nan.safetensors",
             static_cast<char>(header.size()) + std::string(7, '\0') + header + std::string(512, '\xFF'));
  const program_result said = experiment(folder, {"--set", "axes.latents=['', nan.safetensors]"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(mentions(said.out, "8 cells run, 0 were there, 4 failed"));
  EXPECT_TRUE(
      mentions(said.err, "latents=nan.safetensors scheduler=euler, seed 0, 'a red circle moving left': "));
  const program_result again = experiment(folder, {"--set", "axes.latents=['', nan.safetensors]"});
  EXPECT_TRUE(mentions(again.out, "0 cells run, 4 were there, 4 failed"));
  EXPECT_TRUE(mentions(again.err, "failed before: "));
  EXPECT_TRUE(mentions(again.err, "; --retry-failed runs it again"));
}

TEST(Experiment, ResultsOfAnEditedFileAreToldBeforeTheFirstCell) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  ASSERT_EQ(experiment(folder, {"-q"}).exit_code, 0);
  const char* told =
      "results/two arms: 4 results were made from another config than this experiment has now: "
      "generation.steps (2, 3). ";
  program_result said = experiment(folder, {"--dry-run", "--set", "base.steps=3"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(mentions(said.err, told));
  said = experiment(folder, {"--set", "base.steps=3"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(mentions(said.err, told));
  EXPECT_LT(said.err.find(told), said.err.find("1/4 cells"));
  said = experiment(folder, {"--set", "seeds=[0]", "--set", "base.steps=3"});
  EXPECT_TRUE(mentions(said.out, "0 cells run, 2 were there, 0 failed"));
  EXPECT_TRUE(mentions(said.err, "4 results are of arms, prompts or seeds"));
  said = run({{"results", "compare", "results"}, folder.path()});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_TRUE(
      mentions(said.err, "4 cells have more than one result, of different configs: generation.steps"));
  said = run({{"results", "compare", "results", "--newest"}, folder.path()});
  EXPECT_EQ(said.exit_code, 0) << said.err;
}

TEST(Experiment, FramesThatWereNotKeptAreToldAndHowToHaveThem) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  ASSERT_EQ(experiment(folder, {"--set", "keep.frames=false"}).exit_code, 0);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--dry-run"}}) {
    const program_result said = experiment(folder, more);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    EXPECT_TRUE(mentions(said.err, "4 finished cells have no frames, which `keep` asks for"));
  }
}

TEST(Experiment, FilesThatAreNoResultsAreAllNamed) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  ASSERT_EQ(experiment(folder).exit_code, 0);
  const auto files = result_files(folder / "results");
  fs::resize_file(files[0], 5000);
  folder.put("results/two arms/" + files[1].filename().string(), "text");
  program_result said = experiment(folder, {"--dry-run", "--json"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(mentions(said.err, files[0].filename().string() + ": /: half-written or damaged"));
  EXPECT_TRUE(mentions(said.err, files[1].filename().string() + ": /: no HDF5 file"));
  EXPECT_EQ(said.json().at("unreadable"), 2);
  EXPECT_EQ(said.json().at("left"), 0);
  said = experiment(folder);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(mentions(said.out, "0 cells run, 2 were there, 0 failed, 2 unreadable;"));
}

// As on a full disk: no file may grow beyond 8 blocks.
TEST(Experiment, AResultThatCannotBeWrittenIsNamedAndMadeByTheNextRun) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const std::string script =
      concat("cd '", folder.path().string(),
             "' && ulimit -f 8 && exec '" ZOETROPE_PROGRAM "' experiment run e.yaml -q > out 2> err");
  EXPECT_EQ(WEXITSTATUS(std::system(("sh " + folder.put("script", script).string()).c_str())), 1);
  EXPECT_TRUE(mentions(bytes_of(folder / "out"), "4 cells run, 0 were there, 4 failed"));
  const std::string told = bytes_of(folder / "err");
  EXPECT_TRUE(mentions(told, "'a red circle moving left': results/two arms/"));
  EXPECT_TRUE(mentions(told, ".h5: cannot be written: File too large"));
  EXPECT_EQ(told.find("/: "), std::string::npos);  // the file's name stands once
  EXPECT_TRUE(names_in(folder / "results/two arms").empty());
  const program_result again = experiment(folder);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(mentions(again.out, "4 cells run, 0 were there, 0 failed"));
}

TEST(Experiment, ClipsThatMustNotDifferAreTheExitCode) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const program_result differ =
      experiment(folder, {"--set", "same_clips=1", "--set", "axes={\"guidance_scale\":[1,8]}"});
  EXPECT_EQ(differ.exit_code, 1);
  EXPECT_TRUE(mentions(differ.err, "the clip is not the first arm's"));
  const program_result same =
      experiment(folder, {"--set", "same_clips=1", "--set", "name=same", "--set",
                          "axes={\"unet.temporal.backend.type\":[\"sdpa\",\"dense\"]}"});
  EXPECT_EQ(same.exit_code, 0) << same.err;
}

TEST(Experiment, CtrlCKeepsWhatIsFinished) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  const program_result stopped = run(
      {{"experiment", "run", "e.yaml", "--set", "base.steps=60"}, folder.path(), {}, SIGINT, "1/4 cells"});
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_TRUE(mentions(stopped.err, "the same command goes on"));
  const auto files = result_files(folder / "results");
  ASSERT_GE(files.size(), 1u);
  for (const fs::path& file : files) EXPECT_FALSE(read_result(file).failed());
}

// tools/kill_experiment.py does the same at a hundred points.
TEST(Experiment, KilledAnywhereItLosesNoFinishedCell) {
  const temporary_folder folder;
  folder.put("e.yaml", two_arms);
  std::map<fs::path, std::string> finished;
  for (int wait_ms = 400; wait_ms < 3600; wait_ms += 400) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("OMP_NUM_THREADS", "1", 1);
      if (::chdir(folder.path().c_str()) != 0) ::_exit(126);
      ::execl(ZOETROPE_PROGRAM, "zoetrope", "experiment", "run", "e.yaml", "-q", nullptr);
      ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!fs::exists(folder / "results")) continue;
    const auto files = result_files(folder / "results");
    EXPECT_GE(files.size(), finished.size());
    for (const auto& [file, bytes] : finished) EXPECT_EQ(bytes_of(file), bytes) << file;
    for (const fs::path& file : files) {
      EXPECT_FALSE(read_result(file).failed()) << file;
      finished[file] = bytes_of(file);
    }
  }
  ASSERT_EQ(experiment(folder).exit_code, 0);
  EXPECT_EQ(result_files(folder / "results").size(), 4u);
  for (const auto& [file, bytes] : finished) EXPECT_EQ(bytes_of(file), bytes) << file;
  for (const std::string& name : names_in(folder / "results/two arms"))
    EXPECT_TRUE(name.ends_with(".h5") && name.find(".part") == std::string::npos) << name;
}

TEST(Reproduce, FilesThatAreNoResultsAreNamed) {
  const temporary_folder folder;
  folder.put("half.h5", "half");
  const program_result said = run({{"reproduce", "half.h5"}, folder.path()});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_TRUE(mentions(said.err, "half.h5"));
}

}  // namespace
}  // namespace zoetrope
