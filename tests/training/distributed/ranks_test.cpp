// Whole trainings as real processes: the losses and weights of several ranks are those of one process,
// however they were started; a killed, failing or interrupted rank stops the others and spoils no checkpoint.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>

#include "core/config.hpp"
#include "core/tensor/weights.hpp"
#include "tests/core/temporary_folder.hpp"
#include "training/checkpoint.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

struct ended {
  std::string out, error;
  int status;
};

/// What a shell command leaves. `folder` takes its two texts.
ended run_command(const std::string& command, const fs::path& folder) {
  const fs::path out = folder / "stdout", told = folder / "stderr";
  const int status = std::system(concat("(", command, ") >", out.string(), " 2>", told.string()).c_str());
  return {bytes_of(out), bytes_of(told), WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

std::string program(const fs::path& folder, const json& options = json::object()) {
  json all{{"steps", 8},
           {"batch_size", 8},
           {"micro_batches", 4},
           {"bucket_megabytes", 0.0004},
           {"max_grad_norm", 0.5},
           {"checkpoint_every", 3},
           {"log_every", 1},
           {"learning_rate", {{"schedule", "linear"}, {"learning_rate", 0.05}}},
           {"ema", {{"decay", 0.5}}}};
  all.merge_patch(options);
  return concat(RANK_PROGRAM, " ", (folder / "run").string(), " '", all.dump(), "'");
}

/// `more`: options of mpirun.
std::string mpirun(int ranks, const std::string& what, const std::string& more = "") {
  return concat(MPIRUN
                " --allow-run-as-root --oversubscribe --bind-to none --mca btl self,vader --mca "
                "btl_vader_single_copy_mechanism none ",
                more, " -n ", ranks, " ", what);
}

/// As torchrun starts them.
std::string with_torchrun_variables(int ranks, const std::string& what) {
  std::string command = "port=$((20000 + $$ % 10000)); ";
  for (int rank = ranks - 1; rank >= 0; --rank)
    command += concat("RANK=", rank, " WORLD_SIZE=", ranks, " LOCAL_RANK=", rank,
                      " MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ", what, rank == 0 ? "" : " & ");
  return command + "; code=$?; wait; exit $code";
}

tensor_map last_weights(const fs::path& folder) {
  const checkpoint_search search = latest_checkpoint(folder / "run" / "checkpoints");
  if (!search.found) throw std::runtime_error("there is no checkpoint");
  return load_tensors(search.found->folder / "weights.safetensors");
}

void expect_same(const tensor_map& one, const tensor_map& other, double tolerance) {
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, tensor] : one)
    EXPECT_TRUE(at::allclose(tensor, other.at(name), 0, tolerance)) << name;
}

TEST(Ranks, GiveTheLossesAndWeightsOfOneProcess) {
  const temporary_folder alone, two, four, store;
  const ended wanted = run_command(program(alone.path()), alone.path());
  ASSERT_EQ(wanted.status, 0) << wanted.error;
  ASSERT_EQ(std::count(wanted.out.begin(), wanted.out.end(), '\n'), 8);
  // Four ranks, each with one of the four micro-batches: to the bit.
  const ended got = run_command(mpirun(4, program(four.path())), four.path());
  EXPECT_EQ(got.status, 0) << got.error;
  EXPECT_EQ(got.out, wanted.out);
  expect_same(last_weights(alone.path()), last_weights(four.path()), 0);
  // Two ranks add two micro-batches each and then their sums: another order, f32's rounding apart.
  const ended halves = run_command(mpirun(2, program(two.path())), two.path());
  EXPECT_EQ(halves.status, 0) << halves.error;
  expect_same(last_weights(alone.path()), last_weights(two.path()), 2e-6);
  const ended stored = run_command(with_torchrun_variables(4, program(store.path())), store.path());
  EXPECT_EQ(stored.status, 0) << stored.error;
  EXPECT_EQ(stored.out, wanted.out);
}

TEST(Ranks, TwoAreOneProcessOfTwoPiecesToTheBit) {
  const temporary_folder alone, two;
  const json pieces{{"micro_batches", 2}, {"optimizer", {{"type", "adamw8bit"}}}};
  const ended wanted = run_command(program(alone.path(), pieces), alone.path());
  const ended got = run_command(mpirun(2, program(two.path(), pieces)), two.path());
  EXPECT_EQ(got.status, 0) << got.error;
  EXPECT_EQ(got.out, wanted.out);
  expect_same(last_weights(alone.path()), last_weights(two.path()), 0);
}

TEST(Ranks, GoOnWithAnotherNumberOfRanks) {
  const temporary_folder whole, cut;
  const json constant{{"learning_rate", {{"schedule", "constant"}, {"learning_rate", 0.05}}}};
  const auto train = [&](const temporary_folder& folder, int ranks, json more) {
    more.update(constant);
    const std::string what = program(folder.path(), more);
    const ended run = run_command(ranks == 1 ? what : mpirun(ranks, what), folder.path());
    EXPECT_EQ(run.status, 0) << run.error;
  };
  train(whole, 4, json::object());
  train(cut, 4, {{"steps", 3}});
  const fs::path stopped = cut / "run" / "checkpoints" / "step-00000003";
  for (const char* rank : {"0", "1", "2", "3"})
    EXPECT_TRUE(fs::exists(stopped / concat("optimizer-", rank, ".safetensors")));
  EXPECT_FALSE(fs::exists(stopped / "optimizer.safetensors"));
  train(cut, 2, {{"steps", 5}, {"resume", true}});
  train(cut, 1, {{"resume", true}});
  expect_same(last_weights(whole.path()), last_weights(cut.path()), 2e-6);
}

void expect_whole_checkpoint(const fs::path& folder, int64_t step) {
  const checkpoint_search search = latest_checkpoint(folder / "run" / "checkpoints");
  ASSERT_TRUE(search.found);
  EXPECT_EQ(search.found->step, step);
  const ended again = run_command(mpirun(3, program(folder, {{"resume", true}})), folder);
  EXPECT_EQ(again.status, 0) << again.error;
  EXPECT_EQ(std::count(again.out.begin(), again.out.end(), '\n'), 8 - step);
}

// With --enable-recovery mpirun leaves the others to themselves, as some launchers do.
TEST(Ranks, OneKilledStopsTheOthersAndLeavesTheLastCheckpointWhole) {
  const temporary_folder folder;
  const ended killed = run_command(
      mpirun(3, program(folder.path(), {{"die", {{"rank", 1}, {"step", 4}}}}), "--enable-recovery"),
      folder.path());
  // The later of the two may see that the other has ended as well.
  EXPECT_TRUE(mentions(killed.error, "cannot go on: rank 1 has died"));
  for (const int survivor : {0, 2})
    EXPECT_TRUE(mentions(killed.error, concat("distributed: rank ", survivor, " cannot go on: rank ")));
  expect_whole_checkpoint(folder.path(), 3);
}

// Without, it ends them by itself.
TEST(Ranks, MpirunEndsTheOthersOfOneKilled) {
  const temporary_folder folder;
  const ended killed =
      run_command(mpirun(3, program(folder.path(), {{"die", {{"rank", 1}, {"step", 4}}}})), folder.path());
  EXPECT_NE(killed.status, 0);
  EXPECT_TRUE(mentions(killed.error, "exited on signal 9"));
  expect_whole_checkpoint(folder.path(), 3);
}

TEST(Ranks, OneThatHangsStopsTheOthersWhenTheTimeIsOver) {
  const temporary_folder folder;
  const ended stopped =
      run_command(mpirun(3, program(folder.path(), {{"timeout", 3}, {"hang", {{"rank", 1}, {"step", 4}}}})),
                  folder.path());
  EXPECT_NE(stopped.status, 0);
  EXPECT_TRUE(mentions(stopped.error, "had no answer from rank 1 for 3 seconds; it has died or hangs"));
  expect_whole_checkpoint(folder.path(), 3);
}

TEST(Ranks, OneKilledOfATcpStoreStopsTheOthers) {
  const temporary_folder folder;
  const ended killed =
      run_command(with_torchrun_variables(
                      2, program(folder.path(), {{"timeout", 5}, {"die", {{"rank", 1}, {"step", 4}}}})),
                  folder.path());
  EXPECT_EQ(killed.status, 1);
  EXPECT_TRUE(mentions(killed.error, "rank 0 had no answer from rank 1 for 5 seconds"));
  EXPECT_EQ(latest_checkpoint(folder / "run" / "checkpoints").found->step, 3);
}

TEST(Ranks, AnErrorOfOneIsToldAndEndsAll) {
  const temporary_folder folder;
  const ended failed =
      run_command(mpirun(2, program(folder.path(), {{"fail", {{"rank", 1}, {"step", 4}}}})), folder.path());
  EXPECT_NE(failed.status, 0);
  EXPECT_TRUE(mentions(failed.error, "rank 1 cannot go on"));
}

TEST(Ranks, AStopThatOneIsAskedForIsEverybodys) {
  const temporary_folder folder;
  const ended stopped = run_command(
      mpirun(2, program(folder.path(), {{"terminate", {{"rank", 1}, {"step", 4}}}})), folder.path());
  EXPECT_NE(stopped.status, 0);
  EXPECT_TRUE(mentions(stopped.error, "stopped by signal 15 after step 5"));
  EXPECT_EQ(latest_checkpoint(folder / "run" / "checkpoints").found->step, 5);
}

// The whole program on the model in the box, two clips a rank.
TEST(Ranks, TrainTheModelInTheBoxAsOneProcessDoes) {
  const temporary_folder alone, two;
  const json recipe{
      {"device", "cpu"},
      {"model", {{"pretrained", ZOETROPE_SOURCE_DIR "/assets/tiny"}}},
      {"data", {{"type", "shapes"}, {"width", 64}, {"height", 64}, {"frames", 8}, {"examples", 8}}},
      {"bucket_megabytes", 0.5},
      {"recompute", true},
      {"steps", 3},
      {"batch_size", 2},
      {"micro_batches", 2},
      {"learning_rate", {{"learning_rate", 1e-3}}}};
  const auto command = [&](const temporary_folder& folder) {
    return concat(ZOETROPE_PROGRAM " train ", folder.put("recipe.json", recipe.dump()).string(),
                  " --threads 1 -q --output_dir ", (folder / "run").string());
  };
  const ended wanted = run_command(command(alone), alone.path());
  ASSERT_EQ(wanted.status, 0) << wanted.error;
  const ended got = run_command(mpirun(2, command(two)), two.path());
  ASSERT_EQ(got.status, 0) << got.error;
  EXPECT_EQ(got.out, (two / "run" / "model").string() + "\n");
  expect_same(last_weights(alone.path()), last_weights(two.path()), 0);
  EXPECT_TRUE(fs::exists(two / "run" / "model" / "model_index.json"));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Ranks, EndWithTheSignalThatOneOfThemGot) {
  const temporary_folder folder;
  const json recipe{
      {"device", "cpu"},
      {"model", {{"pretrained", ZOETROPE_SOURCE_DIR "/assets/tiny"}}},
      {"data", {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 4}, {"examples", 8}}},
      {"steps", 1000000},
      {"batch_size", 2},
      {"micro_batches", 2}};
  folder.put("recipe.json", recipe.dump());
  // Each rank writes how the program ended, which --enable-recovery leaves it the time for; rank 1 gets a SIGTERM
  // once there is a log.
  folder.put("rank.sh", R"sh(cd "$(dirname "$0")"; rank=$OMPI_COMM_WORLD_RANK
)sh" ZOETROPE_PROGRAM R"sh( train recipe.json --threads 1 -q --output_dir run & program=$!
if [ "$rank" = 1 ]; then
  while kill -0 $program && ! ls run/events.*; do sleep 0.1; done >/dev/null 2>&1
  kill -TERM $program
fi
wait $program; code=$?; echo "rank $rank ended with $code" >rank$rank; exit $code
)sh");
  const ended stopped = run_command(
      mpirun(2, concat("bash ", (folder / "rank.sh").string()), "--enable-recovery"), folder.path());
  EXPECT_EQ(bytes_of(folder / "rank0"), "rank 0 ended with 143\n") << stopped.error;
  EXPECT_EQ(bytes_of(folder / "rank1"), "rank 1 ended with 143\n") << stopped.error;
  EXPECT_EQ(count(stopped.error, "zoetrope: error: "), 1u) << stopped.error;
  EXPECT_TRUE(latest_checkpoint(folder / "run" / "checkpoints").found);
}

TEST(Ranks, WhatIsWrongForAllIsToldOnce) {
  const temporary_folder folder;
  const auto told = [&](const json& changes) {
    json recipe{{"device", "cpu"},
                {"model", {{"pretrained", ZOETROPE_SOURCE_DIR "/assets/tiny"}}},
                {"data", {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 4}, {"examples", 8}}},
                {"steps", 1},
                {"batch_size", 2}};
    recipe.merge_patch(changes);
    return run_command(
        mpirun(2, concat(ZOETROPE_PROGRAM " train ", folder.put("recipe.json", recipe.dump()).string(),
                         " --threads 1 -q --output_dir ", (folder / "run").string())),
        folder.path());
  };
  for (const json& wrong : std::vector<json>{{{"steps", "two"}},
                                             {{"data", {{"type", "clips"}, {"folder", "/nowhere"}}}},
                                             {{"train", {"unet.tempral*"}}}}) {
    const ended refused = told(wrong);
    EXPECT_NE(refused.status, 0);
    EXPECT_EQ(count(refused.error, "zoetrope: error: "), 1u) << refused.error;
  }
  folder.put("clips/a.gif", "no film");
  folder.put("clips/b.mp4", "");
  const ended listed =
      told({{"data", {{"type", "clips"}, {"folder", folder / "clips"}, {"examples", nullptr}}}});
  EXPECT_EQ(listed.status, 3) << listed.error;
  EXPECT_EQ(count(listed.error, "2 of 2 clips cannot be used"), 1u) << listed.error;
  for (const char* clip : {"\n  a.gif: ", "\n  b.mp4: "})
    EXPECT_EQ(count(listed.error, clip), 1u) << listed.error;
  EXPECT_EQ(told(json::object()).status, 0);
  const ended there = told(json::object());  // wrong for rank 0, who looks for all
  EXPECT_EQ(there.status, 2) << there.error;
  EXPECT_EQ(count(there.error, "zoetrope: error: "), 1u) << there.error;
}

// As fine_tune.py's: of each process.
TEST(Ranks, TakeTheBatchOfTheFlagsEach) {
  const temporary_folder alone, two;
  const auto command = [&](const temporary_folder& folder, const std::string& more) {
    const json recipe{
        {"device", "cpu"},
        {"model", {{"pretrained", ZOETROPE_SOURCE_DIR "/assets/tiny"}}},
        {"data", {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 4}, {"examples", 8}}},
        {"steps", 2}};
    return concat(ZOETROPE_PROGRAM " train ", folder.put("recipe.json", recipe.dump()).string(),
                  " --threads 1 -q --output_dir ", (folder / "run").string(), " --scale_lr ", more);
  };
  const ended wanted =
      run_command(command(alone, "--train_batch_size 1 --gradient_accumulation_steps 2"), alone.path());
  ASSERT_EQ(wanted.status, 0) << wanted.error;
  const ended got = run_command(mpirun(2, command(two, "--train_batch_size 1")), two.path());
  ASSERT_EQ(got.status, 0) << got.error;
  expect_same(last_weights(alone.path()), last_weights(two.path()), 0);
}

}  // namespace
}  // namespace zoetrope
