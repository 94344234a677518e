// How far a loop is: a bar with rate and time left on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace zoetrope {

class progress {
 public:
  enum class style { none, bar, lines };

  /// The clock starts here. `label` goes in front, `unit` names what is counted ("step").
  progress(style how, std::string label, std::string unit);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// What was done before the first call does not count for the rate: a loop may go on in the middle.
  void update(int64_t done, int64_t total);

 private:
  using clock = std::chrono::steady_clock;
  std::string line(int64_t done, int64_t total) const;

  style how_;
  std::string label_, unit_;
  clock::time_point start_, shown_;
  int64_t first_ = -1;  ///< done before the clock started
  bool drawn_ = false;
};

/// A bar on a terminal, lines elsewhere, nothing when quiet.
progress::style progress_style(bool quiet);

}  // namespace zoetrope
