// A clip before it is drawn: what is there, how it looks, how it moves, and how that is told. In relative
// units, so that it can be drawn at any size and length.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shapes/shape_world.hpp"
#include "core/shapes/trajectory.hpp"
#include "core/shapes/vocabulary.hpp"

namespace zoetrope {

struct surface {
  std::string colour;  ///< its name: the nearest of the palette where colours are random
  rgb value{}, second{};
  std::string texture = "plain";  ///< stripes and checks show `second` as well
  double period = 1;  ///< of the texture, in radii of the object, for a background in shorter sides
};

struct scene_object {
  std::string shape, size;
  surface look;
  double radius = 0;  ///< of a circle of the same area, in shorter sides of the frame
  trajectory path;    ///< with the name of the motion
  /// What the caption says: which of the phrases, counted modulo their number, and whether its origin is
  /// told.
  std::size_t phrase = 0;
  bool tells_place = false;
};

struct scene {
  surface background;
  bool names_background = false;
  std::size_t phrase = 0;             ///< of the background
  std::vector<scene_object> objects;  ///< later ones lie in front
  double begins = 0;                  ///< the time of all motions at which a clip of this begins
};

/// Scene number `index` of a seed: the same for the same three, whatever was drawn before. Objects stay
/// inside of the frame; two of them keep to halves of it, are small, and differ in colour.
scene draw_scene(const shape_world& world, uint64_t seed, uint64_t index);

}  // namespace zoetrope
