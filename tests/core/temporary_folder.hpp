// A folder of a test's own, gone with it; and the means to put broken things there.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace zoetrope {

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern =
        (std::filesystem::canonical(std::filesystem::temp_directory_path()) / "zoetrope-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

  /// Writes a file, making the folders above it.
  std::filesystem::path put(const std::filesystem::path& name, std::string_view bytes) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The message of the zoetrope::error that `body` throws, with its kind in front ("bad_input: …").
template <class Body>
std::string failure_of(Body&& body) {
  try {
    body();
  } catch (const error& failure) {
    const char* kinds[] = {"runtime", "usage", "bad_input", "out_of_memory", "numerical", "interrupted"};
    return concat(kinds[static_cast<int>(failure.kind())], ": ", failure.what());
  }
  return "no error";
}

/// EXPECT_TRUE(mentions(text, part)) prints both where it fails.
inline ::testing::AssertionResult mentions(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << part << "' is not in: " << text;
}

}  // namespace zoetrope
