// What is told of a scene: "a small red circle moving left from the right and a blue star spinning on a white
// background". And captions that are wrong in one word, by which training is watched: a model that reads the
// word has a higher loss with the wrong one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/shapes/scene.hpp"

namespace zoetrope {

std::string caption(const scene& told);

enum class attribute { colour, shape, motion, size, background };
inline constexpr attribute all_attributes[]{attribute::colour, attribute::shape, attribute::motion,
                                            attribute::size, attribute::background};
std::string name_of(attribute which);

/// The caption with the word of the first object's attribute, or of the background, swapped for another one
/// of the world's: a motion for its opposite where that is permitted, all else for one chosen by `seed`.
/// Nothing where the caption has no such word (medium sizes, two objects' sizes, backgrounds that are not
/// named) or the world no other.
std::optional<std::string> swapped_caption(const scene& told, const shape_world& world, attribute which,
                                           uint64_t seed);

}  // namespace zoetrope
