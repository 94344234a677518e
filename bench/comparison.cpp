// See comparison.hpp.
#include "bench/comparison.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/tensor/device.hpp"

namespace zoetrope {

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// What a run saw of one family on one shape: milliseconds of every repetition, by way.
using times_of_ways = std::map<std::string, std::vector<double>>;

class collector : public benchmark::BenchmarkReporter {
 public:
  collector(bool json, bool processor_time) : json_(json), processor_time_(processor_time) {}

  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      const std::string& name = run.run_name.function_name;
      const auto dot = name.find('.');
      const std::string shape = name.substr(0, dot) + " " + run.run_name.args;
      if (!seen_.count(shape)) order_.push_back(shape);
      const double seconds = processor_time_ ? run.cpu_accumulated_time : run.real_accumulated_time;
      seen_[shape][name.substr(dot + 1)].push_back(1e3 * seconds / static_cast<double>(run.iterations));
    }
  }

  void Finalize() override { json_ ? print_json() : print_table(); }

 private:
  struct summary {
    double ours = 0, torch = 0, copy = 0;
    std::string fastest;
  };
  static summary summarised(const times_of_ways& ways) {
    summary result;
    for (const auto& [way, times] : ways) {
      const double time = median(times);
      if (way == "ours") {
        result.ours = time;
      } else if (way == "copy") {
        result.copy = time;
      } else if (result.fastest.empty() || time < result.torch) {
        result.torch = time;
        result.fastest = way;
      }
    }
    return result;
  }

  void print_table() const {
    double load[1] = {0};
    getloadavg(load, 1);
    std::printf("medians in ms of %s; load average %.1f\n%-34s %9s %9s %9s %11s %10s  %s\n",
                processor_time_ ? "processor time" : "wall clock", load[0], "shape", "ours", "torch", "copy",
                "torch/ours", "copy/ours", "fastest torch way");
    for (const std::string& shape : order_) {
      const summary s = summarised(seen_.at(shape));
      std::printf("%-34s %9.3f %9.3f %9.3f %11.2f %10.2f  %s\n", shape.c_str(), s.ours, s.torch, s.copy,
                  s.torch / s.ours, s.copy / s.ours, s.fastest.c_str());
    }
  }

  void print_json() const {
    nlohmann::json all = nlohmann::json::array();
    for (const std::string& shape : order_) {
      const summary s = summarised(seen_.at(shape));
      all.push_back({{"shape", shape},
                     {"ms", seen_.at(shape)},
                     {"fastest_torch", s.fastest},
                     {"torch_over_ours", s.torch / s.ours},
                     {"copy_over_ours", s.copy / s.ours}});
    }
    std::printf("%s\n", all.dump(2).c_str());
  }

  const bool json_, processor_time_;
  std::vector<std::string> order_;
  std::map<std::string, times_of_ways> seen_;
};

}  // namespace

int compare_ways(int argc, char** argv) {
  prepare_cpu_memory();  // for all ways alike
  std::string defaults[] = {"--benchmark_repetitions=7", "--benchmark_enable_random_interleaving=true",
                            "--benchmark_min_time=0.05"};
  std::vector<char*> arguments{argv[0]};
  for (std::string& flag : defaults) arguments.push_back(flag.data());  // those given come later, and win
  bool json = false, processor_time = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--json")
      json = true;
    else if (std::string(argv[i]) == "--processor-time")
      processor_time = true;
    else
      arguments.push_back(argv[i]);
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  collector table(json, processor_time);
  benchmark::RunSpecifiedBenchmarks(&table);
  return 0;
}

}  // namespace zoetrope
