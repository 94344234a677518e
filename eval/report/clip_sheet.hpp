// A clip as one picture that holds all its frames in a grid, row by row: a page shows one of them at a time,
// and all of them on paper.
#pragma once

#include <string>

#include "core/io/hdf5_file.hpp"

namespace zoetrope {

struct clip_sheet {
  std::string data_uri;  ///< PNG for small frames (lossless), JPEG for large ones
  int columns = 0, rows = 0, frames = 0;
  int width = 0, height = 0;  ///< of one frame, after shrinking
};

/// `clip`: f h w c of 8 bits; frames whose longer side is over `longest_side` are shrunk to it, and so that
/// the grid fits a picture's largest side. error{bad_input} for another shape.
clip_sheet make_clip_sheet(const hdf5_array<std::uint8_t>& clip, int longest_side);

}  // namespace zoetrope
