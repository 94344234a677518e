// Runs the real program as a user would, and reads what it says and leaves.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {

struct program_result {
  int exit_code = -1;  ///< 128 + signal if a signal ended it
  std::string out, err;
  std::int64_t peak_resident_bytes = 0;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

struct program_call {
  std::vector<std::string> arguments;
  std::filesystem::path folder;               ///< it runs here
  std::vector<std::string> environment = {};  ///< NAME=VALUE, on top of ours
  int signal = 0;                             ///< sent as soon as `signal_after` stands on its stderr
  std::string signal_after = {};
  std::size_t address_space = 0;  ///< bytes that it may map, libraries and all; 0: as many as it likes
};

program_result run(const program_call& call);

inline const std::filesystem::path tiny_model = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "assets/tiny";
inline const std::filesystem::path goldens = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "tests/goldens";

/// What a GIF says of itself, read by walking its blocks.
struct gif_summary {
  int width = 0, height = 0;
  std::vector<int> delays;  ///< hundredths of a second, one an image
  bool loops = false;
};
gif_summary read_gif(const std::filesystem::path& file);

}  // namespace zoetrope
