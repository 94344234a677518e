// Runs a benchmark program as a user would, on its smallest shape, and reads the file that it leaves.
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>

#include "core/io/hdf5_file.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

using strings = std::vector<std::string>;

struct bench_result {
  int exit_code;
  std::string out, err;
};

bench_result run_bench(const temporary_folder& folder, const std::string& flags) {
  const auto quoted = [&](const char* name) { return "'" + (folder / name).string() + "'"; };
  const int status = std::system(
      ("'" ZOETROPE_BENCH_PROGRAM "' " + flags + " > " + quoted("out") + " 2> " + quoted("err")).c_str());
  return {WEXITSTATUS(status), bytes_of(folder / "out"), bytes_of(folder / "err")};
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

const std::string quick = "--benchmark_filter=/32/8/8/ --benchmark_repetitions=3 --benchmark_min_time=0.0001";

TEST(Comparison, EverySampleAndTheConditionsAreInTheFile) {
  const temporary_folder folder;
  const std::string file = (folder / "result.h5").string();
  const bench_result result = run_bench(folder, quick + " --hdf5 '" + file + "'");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(mentions(result.out, "group_norm_silu 32/8/8"));

  const hdf5_reader input(file);
  EXPECT_EQ(input.children("/"), strings{"group_norm_silu"});
  EXPECT_EQ(input.children("/group_norm_silu"), strings{"32x8x8"});
  const std::string shape = "/group_norm_silu/32x8x8";
  const strings ways = input.children(shape);
  EXPECT_EQ(ways, (strings{"channels_last", "contiguous_5d", "contiguous_5d_permuted", "copy", "ours"}));
  std::map<std::string, double> medians;
  for (const std::string& way : ways) {
    const auto seconds = input.dataset<double>(shape + "/" + way + "/seconds");
    const auto iterations = input.dataset<std::int64_t>(shape + "/" + way + "/iterations");
    EXPECT_EQ(seconds.shape, hdf5_shape{3});
    EXPECT_EQ(iterations.shape, hdf5_shape{3});
    for (const double value : seconds.values) EXPECT_GT(value, 0);
    for (const std::int64_t value : iterations.values) EXPECT_GE(value, 1);
    medians[way] = median(seconds.values);
  }
  const std::string fastest = std::get<std::string>(input.attribute(shape, "fastest_torch"));
  for (const char* way : {"channels_last", "contiguous_5d", "contiguous_5d_permuted"})
    EXPECT_LE(medians.at(fastest), medians[way]);
  EXPECT_EQ(std::get<double>(input.attribute(shape, "torch_over_ours")), medians[fastest] / medians["ours"]);
  EXPECT_EQ(std::get<double>(input.attribute(shape, "copy_over_ours")), medians["copy"] / medians["ours"]);

  const auto text = [&](const char* name) { return std::get<std::string>(input.attribute("/", name)); };
  EXPECT_EQ(input.attribute("/", "schema_version"), hdf5_value(1));
  EXPECT_EQ(text("program"), "bench_group_norm_silu");
  EXPECT_TRUE(mentions(text("command"), quick));
  EXPECT_TRUE(std::regex_match(text("date"), std::regex(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ)")))
      << text("date");
  EXPECT_EQ(text("clock"), "wall");
  EXPECT_EQ(input.attribute("/", "threads"), hdf5_value(1));  // OMP_NUM_THREADS of the tests
  EXPECT_TRUE(mentions(text("torch"), "2."));
  EXPECT_EQ(text("compiler"), __VERSION__);
  EXPECT_GE(std::get<double>(input.attribute("/", "load_average")), 0);
  EXPECT_NO_THROW(text("cpu"));
}

TEST(Comparison, HelpTellsOurFlagsToo) {
  const temporary_folder folder;
  const bench_result result = run_bench(folder, "--help");
  EXPECT_EQ(result.exit_code, 0);
  for (const char* flag :
       {"--device", "--dtype", "--json", "--hdf5", "--processor-time", "--benchmark_filter"})
    EXPECT_TRUE(mentions(result.out, flag)) << flag;
}

TEST(Comparison, WhatIsNotMeasuredHasNoRatio) {
  const temporary_folder folder;
  const std::string file = (folder / "result.h5").string();
  const std::string flags =
      "--benchmark_filter='ours/32/8/8/' --benchmark_min_time=0.0001 --processor-time --hdf5 '" + file + "'";
  ASSERT_EQ(run_bench(folder, flags).exit_code, 0);
  const hdf5_reader input(file);
  EXPECT_EQ(input.children("/group_norm_silu/32x8x8"), strings{"ours"});
  EXPECT_TRUE(mentions(failure_of([&] { input.attribute("/group_norm_silu/32x8x8", "torch_over_ours"); }),
                       "torch_over_ours"));
  EXPECT_EQ(input.attribute("/", "clock"), hdf5_value("processor"));
}

TEST(Comparison, AWrongFlagOrFileEndsItBeforeTheWorkAndLeavesNoFile) {
  const temporary_folder folder;
  const std::string file = (folder / "result.h5").string();
  const bench_result nameless = run_bench(folder, quick + " --hdf5");
  EXPECT_EQ(nameless.exit_code, 2);
  EXPECT_TRUE(mentions(nameless.err, "--hdf5 needs the name of a file"));
  const bench_result elsewhere =
      run_bench(folder, quick + " --hdf5 '" + (folder / "none/a.h5").string() + "'");
  EXPECT_EQ(elsewhere.exit_code, 1);
  EXPECT_EQ(elsewhere.out, "");
  EXPECT_TRUE(mentions(elsewhere.err, "cannot be written: No such file or directory"));
  EXPECT_EQ(run_bench(folder, "--benchmark_filter=nothing_of_the_kind --hdf5 '" + file + "'").exit_code, 2);
  EXPECT_EQ(run_bench(folder, "--unknown --hdf5 '" + file + "'").exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_FALSE(std::filesystem::exists(folder / "result.part.h5"));
}

}  // namespace
}  // namespace zoetrope
