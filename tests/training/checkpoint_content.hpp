// What the tests put into a checkpoint: two files that tell their step, one of them large enough for many
// writes.
#pragma once

#include <fstream>
#include <string>

#include "training/checkpoint.hpp"

namespace zoetrope {

inline std::string checkpoint_weights(int64_t step) {
  std::string text;
  while (text.size() < 300'000) text += std::to_string(step * 7919 + static_cast<int64_t>(text.size())) + " ";
  return text;
}

inline void write_whole(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream.exceptions(std::ios::badbit | std::ios::failbit);
  stream << text << std::flush;
}

inline checkpoint write_checkpoint(const std::filesystem::path& root, int64_t step, std::size_t keep = 0) {
  checkpoint_writer writer(root, step);
  write_whole(writer.path("unet/weights.bin"), checkpoint_weights(step));
  write_whole(writer.path("step.txt"), std::to_string(step));
  return writer.commit(keep);
}

}  // namespace zoetrope
