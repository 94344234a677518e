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

  /// The rate is that since the first call: a loop may go on in the middle, and its first round be slow.
  /// `told` is shown with it ("loss 0.12").
  void update(int64_t done, int64_t total, const std::string& told = "");
  /// Ends the line that is drawn, so that something else can be said.
  void pause();

 private:
  using clock = std::chrono::steady_clock;
  std::string line(int64_t done, int64_t total, const std::string& told) const;

  style how_;
  std::string label_, unit_;
  clock::time_point start_, shown_, first_time_;
  int64_t first_ = -1;  ///< done at the first call
  int64_t last_ = -1;   ///< done at the one before
  bool drawn_ = false;
};

/// A bar on a terminal, lines elsewhere, nothing when quiet.
progress::style progress_style(bool quiet);

}  // namespace zoetrope
