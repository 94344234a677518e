#include "training/distributed/launch.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

using engine = launch::engine;

launch of(const std::map<std::string, std::string>& variables) {
  return read_launch([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(Launch, AloneWithoutALauncher) {
  EXPECT_EQ(of({}).by, engine::none);
  // A batch script of Slurm, which is no task of a step.
  EXPECT_EQ(of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}).by, engine::none);
  EXPECT_EQ(of({{"OMPI_COMM_WORLD_SIZE", "1"}}).by, engine::none);
  EXPECT_EQ(of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).by, engine::none);
}

TEST(Launch, MpirunAndSrunWithPmixAreMpi) {
  EXPECT_EQ(of({{"OMPI_COMM_WORLD_SIZE", "2"}}).by, engine::mpi);
  EXPECT_EQ(of({{"PMIX_RANK", "1"}, {"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "2"}}).by, engine::mpi);
}

TEST(Launch, TorchrunTellsRanksAndStore) {
  const launch found = of({{"RANK", "5"},
                           {"WORLD_SIZE", "8"},
                           {"LOCAL_RANK", "1"},
                           {"MASTER_ADDR", "node-3"},
                           {"MASTER_PORT", "1234"},
                           {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                           {"TORCHELASTIC_RESTART_COUNT", "2"}});
  EXPECT_EQ(found.by, engine::store);
  EXPECT_EQ(found.rank, 5);
  EXPECT_EQ(found.size, 8);
  EXPECT_EQ(found.local_rank, 1);
  EXPECT_EQ(found.address, "node-3");
  EXPECT_EQ(found.port, 1234);
  EXPECT_TRUE(found.hosted);
  EXPECT_EQ(found.attempt, "2");
}

TEST(Launch, SrunWithoutPmixNeedsAnAddress) {
  std::map<std::string, std::string> slurm{
      {"SLURM_PROCID", "3"}, {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_LOCALID", "1"}};
  EXPECT_TRUE(mentions(failure_of([&] { of(slurm); }), "usage: "));
  EXPECT_TRUE(mentions(failure_of([&] { of(slurm); }), "MASTER_ADDR"));
  slurm["MASTER_ADDR"] = "node-0";
  const launch found = of(slurm);
  EXPECT_EQ(found.by, engine::store);
  EXPECT_EQ(found.rank, 3);
  EXPECT_EQ(found.size, 4);
  EXPECT_EQ(found.local_rank, 1);
  EXPECT_EQ(found.port, 29500);  // torchrun's default
  EXPECT_FALSE(found.hosted);
}

TEST(Launch, RefusesNumbersThatCannotBe) {
  for (const auto& [rank, size] : {std::pair{"2", "2"}, {"-1", "2"}, {"x", "2"}, {"0", "2 "}, {"0", ""}})
    EXPECT_TRUE(mentions(failure_of([&] {
                           of({{"RANK", rank}, {"WORLD_SIZE", size}, {"MASTER_ADDR", "a"}});
                         }),
                         "usage: "))
        << rank << " " << size;
}

}  // namespace
}  // namespace zoetrope
