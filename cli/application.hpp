// The program as a function: parses arguments, runs a command, turns whatever goes wrong into one line on
// stderr and an exit code (0 ok, 1 runtime, 2 usage, 3 bad input file, 4 out of memory, 5 numerical, 128 +
// signal).
#pragma once

namespace zoetrope {

int run_application(int argc, const char* const* argv);

}  // namespace zoetrope
