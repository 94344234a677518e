// What the analytic judge of core/shapes can be asked about: prompts of the moving shapes' language.
#pragma once

#include "core/shapes/judge.hpp"
#include "eval/metric.hpp"

namespace zoetrope {

/// Why the judge has nothing to say of this prompt: it names no shape, or has words that it does not know.
std::string refuse_other_prompts(const metric_input& input);

/// What the clip shows, in the words of the default world and those that its prompt names beside them ("a pink star").
verdict judged(const metric_input& input);

}  // namespace zoetrope
