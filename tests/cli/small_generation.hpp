// A clip of the demo's model in two steps, plain and with parts swapped.
#pragma once

#include <gtest/gtest.h>

#include "tests/cli/program.hpp"

namespace zoetrope {

inline program_result generate(const temporary_folder& folder, std::vector<std::string> swaps,
                               const std::string& output) {
  std::vector<std::string> arguments{
      "generate", "--prompt", "a red circle moving left", "--steps", "2",        "--width", "32",
      "--height", "32",       "--video_length",           "4",       "--output", output,    "--no_metadata"};
  arguments.insert(arguments.end(), swaps.begin(), swaps.end());
  return run({.arguments = arguments, .folder = folder.path()});
}

// The swap runs, and whether it changes the clip.
inline void expect_clip(std::vector<std::string> swaps, bool another) {
  const temporary_folder folder;
  ASSERT_EQ(generate(folder, {}, "plain.safetensors").exit_code, 0);
  const program_result swapped = generate(folder, std::move(swaps), "swapped.safetensors");
  ASSERT_EQ(swapped.exit_code, 0) << swapped.err;
  EXPECT_EQ(bytes_of(folder / "plain.safetensors") != bytes_of(folder / "swapped.safetensors"), another);
}

}  // namespace zoetrope
