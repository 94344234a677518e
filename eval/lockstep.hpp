// Two jobs that take turns: each does a piece of its work and then waits for the other's. So what both hold
// at once is a piece, whatever the jobs are; neither needs to know how the other loops.
#pragma once

#include <functional>

namespace zoetrope {

/// Called by a job between its pieces; returns when it is its turn again. error{interrupted} if the other
/// job has failed.
using take_turns = std::function<void()>;

/// Runs both to the end, `first` before `second` in every round; when one has ended, the other goes on alone.
/// `second` has a thread of its own, but never runs while `first` does. Rethrows what the job that failed
/// first threw.
void run_in_lockstep(const std::function<void(const take_turns&)>& first,
                     const std::function<void(const take_turns&)>& second);

}  // namespace zoetrope
