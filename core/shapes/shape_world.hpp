// Which scenes there are: permitted words, sizes of the clips, and how often what is drawn.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

/// One in eight combinations of colour, shape and motion can be kept out of the training, to ask for
/// afterwards.
enum class combinations { all, common, held_out };
bool is_held_out(const std::string& colour, const std::string& shape, const std::string& motion);

/// Names as in vocabulary.hpp. Without textures and random colours everything that is drawn can be judged.
struct shape_world {
  int width = 64, height = 64, frames = 8;
  std::vector<std::string> colours{"red", "green", "blue", "yellow", "purple", "orange", "cyan", "white"};
  std::vector<std::string> shapes{"circle", "square", "triangle", "cross"};
  std::vector<std::string> motions{"left",  "right", "up",     "down",   "bounce",
                                   "orbit", "grow",  "shrink", "rotate", "still"};
  std::vector<std::string> backgrounds{"black", "white", "gray", "blue", "green", "purple"};
  std::vector<std::string> sizes{"small", "medium", "large"};
  std::vector<std::string> textures{"plain"};
  double two_objects = 0.1;       ///< probability of a second object
  double named_background = 0.6;  ///< probability that a background is drawn from the list and told
  double place_words = 0;         ///< probability that a moving object's origin is told: "from the left"
  double random_colours =
      0;  ///< probability of any colours, not the palette's; captions say the nearest name
  combinations combined = combinations::all;  ///< which objects there are
  double begins = 0;     ///< when of their motions clips begin, 0 … 1: at 0.5 they show the second half
  bool synonyms = true;  ///< else each thing is told by one phrase only
};

/// error{bad_input} says path, got and wanted: an unknown word, an empty list, a colour that has no
/// background to be seen on, a rotation that none of the shapes shows, sizes outside of 16 … 1024 pixels,
/// frames of 1 … 256.
shape_world read_shape_world(const config& options);

/// True for motions that the shape shows (a circle that rotates does not).
bool shows(const std::string& shape, const std::string& motion);

}  // namespace zoetrope
