// A folder for what is needed on disk only for a while, gone with the object.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.hpp"

namespace zoetrope {

class passing_folder {
 public:
  /// In the system's folder for temporary files; error{runtime} if it cannot be made.
  passing_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "zoetrope.XXXXXX").string();
    ZT_CHECK(mkdtemp(name.data()) != nullptr, runtime, name, ": cannot be made");
    path_ = name;
  }
  ~passing_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  passing_folder(const passing_folder&) = delete;
  passing_folder& operator=(const passing_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace zoetrope
