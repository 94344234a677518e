// Small clips of the model in the box, as seen from outside: what the tests of guided and of frugal
// generation have in common.
#pragma once

#include <string>
#include <vector>

#include "tests/cli/program.hpp"

namespace zoetrope {

using words = std::vector<std::string>;

/// A folder with `input.gif`: eight frames of 32 x 32 in which a white square moves over black.
class clip_folder : public temporary_folder {
 public:
  clip_folder();
};

struct greys {
  uint8_t ground = 0, square = 255;
};
/// Writes a GIF of such frames, a tenth of a second each.
void put_moving_square(const std::filesystem::path& file, int width, int height, int frames,
                       const greys& colours = {});

/// A ControlNet of random weights that fits the model in the box; made once, by `zoetrope init`.
const std::filesystem::path& random_controlnet();

/// Two steps on one thread with `more`; the bytes of the final latents, or "" and a failed test.
/// `environment`: NAME=VALUE.
std::string latents_of(const temporary_folder& folder, const words& more, const words& environment = {});

/// `generate` must end with `exit_code` and one line that mentions every one of `messages`, before a step is
/// taken, and leave nothing in the folder that was not there.
void expect_refused(const temporary_folder& folder, const words& arguments, int exit_code,
                    const words& messages);

}  // namespace zoetrope
