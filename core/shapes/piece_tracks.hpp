// Which pieces of a clip's frames are the same object: those of like colour that are near.
#pragma once

#include <vector>

#include "core/shapes/frame_pieces.hpp"

namespace zoetrope {

/// An object's piece in each frame; null where it is not seen.
using piece_track = std::vector<const piece*>;

/// As many as most frames have pieces, in the order of the first such frame. `side`: the frames' shorter one,
/// in pixels.
std::vector<piece_track> tracks_of(const std::vector<std::vector<piece>>& frames, int side);

}  // namespace zoetrope
