// The delays that a GIF's frames are stored with. libav plays 0 and 1 hundredths as 100 ms, as browsers do,
// so that a file which tells no time looks as if it told one.
#pragma once

#include <filesystem>
#include <vector>

namespace zoetrope {

/// Milliseconds of each frame, 0 where none is told, up to the first byte that is not GIF89a; empty for
/// another kind of file.
std::vector<double> stored_gif_delays_ms(const std::filesystem::path& file);

}  // namespace zoetrope
