// What an experiment's metrics compare its clips with: one clip for all cells, or results of another experiment,
// of which each cell has the one of its prompt and seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eval/clip_files.hpp"

namespace zoetrope {

class reference_clips {
 public:
  /// `place` as clips_in() takes it; empty: there is none. Beside results other clips do not count.
  /// error{bad_input} for several clips that are no results, and for results of one prompt and seed whose frames
  /// differ.
  explicit reference_clips(const std::string& place);

  /// Null where there is none.
  const clip_file* find(const std::string& prompt, std::uint64_t seed) const;
  /// Why find() gave null.
  const std::string& missing() const { return missing_; }

 private:
  std::vector<clip_file> clips_;
  std::string missing_ = "needs a reference video";
};

/// Of its frames where it is a result, else of the file.
std::string fingerprint_of(const clip_file& reference);

}  // namespace zoetrope
