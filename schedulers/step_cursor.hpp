// Where a sampler stands in its list of timesteps. The first timestep that it is given says where it starts,
// so that sampling may begin in the middle (video to video); from then on it only counts.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace zoetrope {

class step_cursor {
 public:
  /// What a timestep that is not in the list means.
  enum class unknown { is_an_error, is_the_last };
  explicit step_cursor(unknown unknown = unknown::is_an_error) : unknown_(unknown) {}

  void reset(std::vector<double> timesteps);
  /// Starts at `index` whatever the first timestep is.
  void begin_at(int64_t index);

  /// The index of `timestep`. Of several the second: a sampler with two calls a level that starts in the
  /// middle must start with the first call of its level, and [t0, t1, t1, t2, t2] has that one second.
  int64_t index_of(double timestep) const;
  /// The current index, found from `timestep` at the first call; error{usage} behind the last.
  int64_t at(double timestep);
  void advance() { ++*index_; }

  /// The current index of a cursor that was told where to begin; none otherwise.
  std::optional<int64_t> told_index() const { return begin_ && index_ ? index_ : begin_; }
  int64_t size() const { return static_cast<int64_t>(timesteps_.size()); }
  double timestep(int64_t index) const { return timesteps_[index]; }

 private:
  unknown unknown_;
  std::vector<double> timesteps_;
  std::optional<int64_t> begin_, index_;
};

}  // namespace zoetrope
