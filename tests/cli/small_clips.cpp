// See small_clips.hpp.
#include "tests/cli/small_clips.hpp"

#include <algorithm>

#include "pipelines/output_file.hpp"

namespace zoetrope {

void put_moving_square(const std::filesystem::path& file, int width, int height, int frames,
                       const greys& colours) {
  rgb_frames clip{width, height, {}};
  for (int frame = 0; frame < frames; ++frame) {
    std::vector<uint8_t> pixels(static_cast<std::size_t>(width) * height * 3, colours.ground);
    for (int y = height / 4; y < height / 2; ++y)
      for (int x = frame; x < std::min(frame + width / 3, width); ++x)
        std::fill_n(&pixels[(static_cast<std::size_t>(y) * width + x) * 3], 3, colours.square);
    clip.frames.push_back(std::move(pixels));
  }
  output_formats().find("gif")(file, clip, {.duration_ms = 100 * frames});
}

clip_folder::clip_folder() { put_moving_square(*this / "input.gif", 64, 64, 8); }

const std::filesystem::path& random_controlnet() {
  static const temporary_folder folder;
  static const std::filesystem::path made = [] {
    const auto result = run({{"init", "--preset", "controlnet-tiny", "net", "-q"}, folder.path()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return folder / "net";
  }();
  return made;
}

namespace {

words with_few_steps(const words& more) {
  words arguments{"generate", "--steps", "2",        "--threads",   "1",
                  "--device", "cpu",     "--prompt", "a red circle"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

std::string latents_of(const temporary_folder& folder, const words& more, const words& environment) {
  words arguments = with_few_steps(more);
  arguments.insert(arguments.end(), {"--no-metadata", "--output", "latents.safetensors"});
  const auto result = run({arguments, folder.path(), environment});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string bytes = bytes_of(folder / "latents.safetensors");
  std::filesystem::remove(folder / "latents.safetensors");
  return bytes;
}

void expect_refused(const temporary_folder& folder, const words& arguments, int exit_code,
                    const words& messages) {
  const std::set<std::string> before = names_in(folder.path());
  const auto result = run({with_few_steps(arguments), folder.path()});
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_TRUE(mentions(result.err, "zoetrope: error: "));
  for (const std::string& message : messages) EXPECT_TRUE(mentions(result.err, message));
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << "more than one line: " << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(names_in(folder.path()), before);
}

}  // namespace zoetrope
