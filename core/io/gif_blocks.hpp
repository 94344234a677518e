// What a GIF's blocks tell beside its pictures. The delays that its frames are stored with: libav plays 0 and
// 1 hundredths as 100 ms, as browsers do, so that a file which tells no time looks as if it told one. And
// whether it is whole: libav shows the frames that it finds, be the file cut or still being written.
#pragma once

#include <filesystem>
#include <vector>

namespace zoetrope {

/// Milliseconds of each frame, 0 where none is told, up to the first byte that is not GIF89a; empty for
/// another kind of file.
std::vector<double> stored_gif_delays_ms(const std::filesystem::path& file);

/// error{bad_input} for a GIF whose blocks do not lead to its trailer; what comes behind that is not looked
/// at.
void check_gif_is_whole(const std::filesystem::path& file);

}  // namespace zoetrope
