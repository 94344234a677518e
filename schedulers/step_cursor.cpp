// See step_cursor.hpp.
#include "schedulers/step_cursor.hpp"

#include "core/error.hpp"

namespace zoetrope {

void step_cursor::reset(std::vector<double> timesteps) {
  timesteps_ = std::move(timesteps);
  begin_.reset();
  index_.reset();
}

void step_cursor::begin_at(int64_t index) {
  ZT_CHECK(index >= 0 && index < size(), usage, "cannot begin at step ", index, " of ", size());
  begin_ = index;
  index_.reset();
}

int64_t step_cursor::index_of(double timestep) const {
  int64_t first = -1;
  for (int64_t i = 0; i < size(); ++i) {
    if (timesteps_[i] != timestep) continue;
    if (first >= 0) return i;
    first = i;
  }
  if (first >= 0) return first;
  ZT_CHECK(unknown_ == unknown::is_the_last && size() > 0, usage, "timestep ", timestep,
           " is not one of the scheduler's ", size(), " timesteps; pass a value of timesteps()");
  return size() - 1;
}

int64_t step_cursor::at(double timestep) {
  if (!index_) index_ = begin_ ? *begin_ : index_of(timestep);
  ZT_CHECK(*index_ < size(), usage, "all ", size(), " steps are done; call set_timesteps for another run");
  return *index_;
}

}  // namespace zoetrope
