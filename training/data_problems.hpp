// What is wrong with data that somebody gives: collected whole, told at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace zoetrope {

/// An error's text without the path that the list says anyhow.
std::string without_path(const error& failure, const std::filesystem::path& path);

class data_problems {
 public:
  /// Problems of one clip come one after the other.
  void add(const std::string& clip, const std::string& what);

  /// What is left out with `skip_bad`: a line that counts it and one for each bad clip; empty where all are
  /// in order. error{bad_input} of the same form for any bad clip without `skip_bad`, and where nothing is
  /// left. `all` clips were looked at; `source` is where they were looked for.
  std::string settle(const std::string& source, bool skip_bad, std::size_t all) const;

 private:
  struct bad_clip {
    std::string name, problems;
  };
  std::vector<bad_clip> clips_;
};

}  // namespace zoetrope
