// The main of benchmarks that compare: several ways to do one thing on the same shapes, in one run. Prints a
// line a shape: ours, the fastest other way, the ceiling (a copy of as many bytes), and their ratios.
#pragma once

namespace zoetrope {

/// Benchmarks are named family.way, with their shape as arguments; the ways are `ours`, `copy` (the ceiling)
/// and any others. Flags are Google Benchmark's; without them: 7 repetitions, interleaved at random. --json
/// prints JSON instead of the table; --hdf5 FILE also writes every sample to a new file (bench/README.md);
/// --device and --dtype choose where and in what the ways run (timed.hpp).
/// Returns the exit code, as exit_code(error_kind) has it.
int compare_ways(int argc, char** argv);

}  // namespace zoetrope
