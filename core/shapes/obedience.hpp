// Whether a clip shows what its prompt asks for.
#pragma once

#include <optional>

#include "core/shapes/expectation.hpp"
#include "core/shapes/judge.hpp"

namespace zoetrope {

/// Nothing where the prompt does not ask. With two objects an attribute is right if it is right for both.
struct obedience {
  std::optional<bool> colour, shape, motion, size;
  bool background = false;  ///< prompts that name none ask for black
  bool count = false;       ///< as many objects as the prompt names, none for none

  /// All that was asked for.
  bool all() const;
};

/// Expected and judged objects are paired so that most colours agree, then most other attributes. An expected
/// object that is not there has nothing right.
obedience obeys(const expectation& wanted, const verdict& got);

}  // namespace zoetrope
