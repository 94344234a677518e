// What a comparison measured, and the HDF5 file that keeps every sample of it (bench/README.md has its
// format).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/io/hdf5_file.hpp"

namespace zoetrope {

/// One way to do a thing on one shape: a value a repetition.
struct samples {
  std::vector<double> seconds;  ///< of one iteration, on average
  std::vector<std::int64_t> iterations;
};

struct comparison {
  std::string family, arguments;        ///< "temporal", "4032/8/40"
  std::map<std::string, samples> ways;  ///< ours, copy (the ceiling), and libtorch's
};

/// Medians in seconds; 0 where the way was not measured.
struct summary {
  double ours = 0, torch = 0, copy = 0;
  std::string fastest;  ///< the way that `torch` is of
};
summary summarised(const comparison& compared);

/// How it was measured, told before it starts.
struct run_conditions {
  int argc;
  char** argv;
  bool processor_time;
  double load_average;  ///< over the last minute
  std::string device, dtype;

  /// What the samples are of: "wall", "processor" or, on a GPU, "event".
  std::string clock() const { return processor_time ? "processor" : device == "cpu" ? "wall" : "event"; }
};
void write_conditions(hdf5_writer& output, const run_conditions& conditions);
void write_comparison(hdf5_writer& output, const comparison& compared);

}  // namespace zoetrope
