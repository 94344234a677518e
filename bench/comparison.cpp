// See comparison.hpp.
#include "bench/comparison.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/comparison_file.hpp"
#include "bench/timed.hpp"
#include "core/error.hpp"
#include "core/tensor/device.hpp"

namespace zoetrope {

namespace {

class collector : public benchmark::BenchmarkReporter {
 public:
  explicit collector(bool processor_time) : processor_time_(processor_time) {}

  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      const std::string& name = run.run_name.function_name;
      const auto dot = name.find('.');
      samples& seen = found_or_added(name.substr(0, dot), run.run_name.args).ways[name.substr(dot + 1)];
      const double seconds = processor_time_ ? run.cpu_accumulated_time : run.real_accumulated_time;
      seen.seconds.push_back(seconds / static_cast<double>(run.iterations * input_sets()));
      seen.iterations.push_back(run.iterations);
    }
  }

  const std::vector<comparison>& all() const { return all_; }

 private:
  comparison& found_or_added(const std::string& family, const std::string& arguments) {
    for (comparison& known : all_)
      if (known.family == family && known.arguments == arguments) return known;
    return all_.emplace_back(comparison{family, arguments, {}});
  }

  const bool processor_time_;
  std::vector<comparison> all_;
};

void print_table(const std::vector<comparison>& all, const run_conditions& conditions) {
  std::printf("medians in ms of %s on %s, %s; load average %.1f at the start\n", conditions.clock().c_str(),
              conditions.device.c_str(), conditions.dtype.c_str(), conditions.load_average);
  std::printf("%-34s %9s %9s %9s %11s %10s  %s\n", "shape", "ours", "torch", "copy", "torch/ours",
              "copy/ours", "fastest torch way");
  for (const comparison& compared : all) {
    const summary s = summarised(compared);
    std::printf("%-34s %9.3f %9.3f %9.3f %11.2f %10.2f  %s\n",
                (compared.family + " " + compared.arguments).c_str(), 1e3 * s.ours, 1e3 * s.torch,
                1e3 * s.copy, s.torch / s.ours, s.copy / s.ours, s.fastest.c_str());
  }
}

void print_json(const std::vector<comparison>& all) {
  nlohmann::json lines = nlohmann::json::array();
  for (const comparison& compared : all) {
    const summary s = summarised(compared);
    nlohmann::json milliseconds;
    for (const auto& [way, samples] : compared.ways)
      for (const double seconds : samples.seconds) milliseconds[way].push_back(1e3 * seconds);
    lines.push_back({{"shape", compared.family + " " + compared.arguments},
                     {"ms", milliseconds},
                     {"fastest_torch", s.fastest},
                     {"torch_over_ours", s.torch / s.ours},
                     {"copy_over_ours", s.copy / s.ours}});
  }
  std::printf("%s\n", lines.dump(2).c_str());
}

struct flags {
  bool json = false, processor_time = false;
  std::string hdf5, device = "cpu", dtype = "f32";
  std::vector<char*> others;  ///< Google Benchmark's
};

flags parse(int argc, char** argv) {
  flags parsed;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&](const char* what) {
      ZT_CHECK(i + 1 < argc, usage, flag, " needs the name of a ", what);
      return argv[++i];
    };
    if (flag == "--json") {
      parsed.json = true;
    } else if (flag == "--processor-time") {
      parsed.processor_time = true;
    } else if (flag == "--hdf5") {
      parsed.hdf5 = value("file");
    } else if (flag == "--device") {
      parsed.device = value("device");
    } else if (flag == "--dtype") {
      parsed.dtype = value("type");
    } else {
      parsed.others.push_back(argv[i]);
    }
  }
  return parsed;
}

void print_help() {
  std::printf(
      "Our kernels against the ways of libtorch and a copy of as many bytes: medians and ratios, shape by "
      "shape.\n"
      "  --device NAME      cpu (default), cuda or cuda:N\n"
      "  --dtype TYPE       f32 (default), f16 or bf16\n"
      "  --json             as JSON, with every sample\n"
      "  --hdf5 FILE        keeps every sample there, too (bench/README.md)\n"
      "  --processor-time   the calling thread's processor time instead of wall clock\n"
      "and Google Benchmark's:\n");
  benchmark::PrintDefaultHelp();
}

double load_average() {
  double load[1] = {0};
  getloadavg(load, 1);
  return load[0];
}

void measure(collector& seen, char* program, const std::vector<char*>& given) {
  std::string defaults[] = {
      "--benchmark_repetitions=7", "--benchmark_enable_random_interleaving=true",
      target().device.is_cpu() ? "--benchmark_min_time=0.05" : "--benchmark_min_time=0.002"};
  std::vector<char*> arguments{program};
  for (std::string& flag : defaults) arguments.push_back(flag.data());
  arguments.insert(arguments.end(), given.begin(), given.end());  // come later, and win
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data(), print_help);
  ZT_CHECK(count == 1, usage, "unknown argument '", arguments[1], "'");
  benchmark::RunSpecifiedBenchmarks(&seen);
  ZT_CHECK(!seen.all().empty(), usage, "nothing was measured");
}

void compare(int argc, char** argv) {
  prepare_cpu_memory();  // for all ways alike
  const flags parsed = parse(argc, argv);
  target() = {parse_device(parsed.device), parse_precision(parsed.dtype)};
  const run_conditions conditions{
      argc, argv, parsed.processor_time, load_average(), target().device.str(), parsed.dtype};
  std::optional<hdf5_writer> output;  // made now, so that a wrong name shows before the work
  if (!parsed.hdf5.empty()) write_conditions(output.emplace(parsed.hdf5), conditions);
  collector seen(parsed.processor_time);
  measure(seen, argv[0], parsed.others);
  parsed.json ? print_json(seen.all()) : print_table(seen.all(), conditions);
  if (!output) return;
  for (const comparison& compared : seen.all()) write_comparison(*output, compared);
  output->finish();
}

}  // namespace

int compare_ways(int argc, char** argv) {
  try {
    compare(argc, argv);
    return 0;
  } catch (const error& failure) {
    std::fprintf(stderr, "%s: %s\n", argv[0], failure.what());
    return exit_code(failure.kind());
  }
}

}  // namespace zoetrope
