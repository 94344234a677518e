#include "experiments/shard.hpp"

#include <map>

#include "experiments/launch.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

shard told(const std::map<std::string, std::string>& environment) {
  return shard_of_environment([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(Shard, SharesTogetherAreTheWhole) {
  for (const std::size_t cells : {0, 1, 7, 16, 101})
    for (const std::size_t count : {1, 2, 3, 8, 40}) {
      std::size_t next = 0;
      for (std::size_t index = 0; index < count; ++index) {
        const cell_range range = range_of({index, count, ""}, cells);
        EXPECT_EQ(range.first, next);
        EXPECT_LE(range.last - range.first, cells / count + 1);
        next = range.last;
      }
      EXPECT_EQ(next, cells);
    }
}

TEST(Shard, TypedOnesCountFromOne) {
  EXPECT_EQ(parse_shard("2/8").index, 1u);
  EXPECT_EQ(parse_shard("2/8").count, 8u);
  for (const char* wrong : {"0/8", "9/8", "8", "a/8", "1/", "/", "1/0", "-1/8", "1/8/2", " 1/8"})
    EXPECT_TRUE(mentions(failure_of([&] { parse_shard(wrong); }), "usage: --shard")) << wrong;
  EXPECT_TRUE(mentions(failure_of([&] { parse_shard("a/b"); }), "'a/b' is not i/n, as in 2/8"));
}

TEST(Shard, SlurmAndMpiSayWhichOneItIs) {
  EXPECT_EQ(told({}).count, 1u);
  EXPECT_EQ(told({}).origin, "");
  const shard array = told({{"SLURM_ARRAY_TASK_ID", "7"},
                            {"SLURM_ARRAY_TASK_MIN", "1"},
                            {"SLURM_ARRAY_TASK_STEP", "3"},
                            {"SLURM_ARRAY_TASK_COUNT", "4"}});
  EXPECT_EQ(array.index, 2u);
  EXPECT_EQ(array.count, 4u);
  EXPECT_EQ(array.origin, "SLURM_ARRAY_TASK_ID");
  const shard open_mpi = told({{"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
  EXPECT_EQ(open_mpi.index, 3u);
  EXPECT_EQ(open_mpi.count, 4u);
  EXPECT_EQ(told({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}).index, 1u);
  // A step of one process inside an array.
  EXPECT_EQ(told({{"SLURM_ARRAY_TASK_ID", "2"},
                  {"SLURM_ARRAY_TASK_MIN", "1"},
                  {"SLURM_ARRAY_TASK_COUNT", "4"},
                  {"PMI_RANK", "0"},
                  {"PMI_SIZE", "1"}})
                .index,
            1u);
}

TEST(Shard, WhatTheEnvironmentCannotMeanIsAnError) {
  const auto failure = [](const std::map<std::string, std::string>& environment) {
    return failure_of([&] { told(environment); });
  };
  EXPECT_TRUE(mentions(failure({{"SLURM_ARRAY_TASK_ID", "1"}}), "SLURM_ARRAY_TASK_MIN is not set"));
  EXPECT_TRUE(mentions(failure({{"OMPI_COMM_WORLD_RANK", "4"}, {"OMPI_COMM_WORLD_SIZE", "4"}}), "4 of 4"));
  EXPECT_TRUE(
      mentions(failure({{"OMPI_COMM_WORLD_RANK", "x"}, {"OMPI_COMM_WORLD_SIZE", "4"}}), "'x' is not"));
  EXPECT_TRUE(mentions(failure({{"SLURM_ARRAY_TASK_ID", "1"},
                                {"SLURM_ARRAY_TASK_MIN", "1"},
                                {"SLURM_ARRAY_TASK_COUNT", "4"},
                                {"OMPI_COMM_WORLD_RANK", "0"},
                                {"OMPI_COMM_WORLD_SIZE", "2"}}),
                       "both say which share"));
}

TEST(Launch, ScriptAndLineRunTheSameCommand) {
  const launch_options options{"/opt/zoetrope", {"/a b/e.yaml", "--set", "seeds=[0,1]"}, "my run", 8};
  EXPECT_EQ(slurm_script(options),
            "#!/bin/sh\n#SBATCH --job-name='zoetrope-my run'\n#SBATCH --array=1-8\n"
            "#SBATCH --output=%x-%A_%a.log\n"
            "exec /opt/zoetrope experiment run '/a b/e.yaml' --set 'seeds=[0,1]'\n");
  EXPECT_EQ(mpirun_line(options),
            "mpirun -n 8 /opt/zoetrope experiment run '/a b/e.yaml' --set 'seeds=[0,1]'");
}

// The shell itself says what a word was.
TEST(Launch, WordsComeThroughAShellAsTheyAre) {
  for (const std::string word :
       {"plain", "", "it's", "a b", "$HOME", "`x`", "\"q\"", "a\nb", "größer", "*"}) {
    FILE* pipe = ::popen(("printf '%s.' " + shell_word(word)).c_str(), "r");
    ASSERT_TRUE(pipe);
    std::string got(100, '\0');
    got.resize(::fread(got.data(), 1, got.size(), pipe));
    ::pclose(pipe);
    EXPECT_EQ(got, word + ".");
  }
}

}  // namespace
}  // namespace zoetrope
