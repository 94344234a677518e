// The picture of docs/shapes.md. ZOETROPE_CONTACT_SHEET=docs/images/shapes.png build/bin/test_shapes
// --gtest_filter='ContactSheet.*' makes it again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "core/shapes/render.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

constexpr int side = 64, frames = 8, gap = 2;

// Frames from left to right, scenes from top to bottom.
rgb_image sheet_of(const std::vector<scene>& scenes) {
  rgb_image sheet{frames * (side + gap) - gap, int(scenes.size()) * (side + gap) - gap, {}};
  sheet.pixels.assign(std::size_t(sheet.width) * sheet.height * 3, 255);
  for (std::size_t row = 0; row < scenes.size(); ++row) {
    const rgb_frames clip = to_rgb(render(scenes[row], side, side, frames));
    for (int f = 0; f < frames; ++f)
      for (int y = 0; y < side; ++y)
        std::copy_n(clip.frames[f].begin() + y * side * 3, side * 3,
                    sheet.pixels.begin() +
                        ((std::ptrdiff_t(row) * (side + gap) + y) * sheet.width + f * (side + gap)) * 3);
  }
  return sheet;
}

// A row for each motion with the shapes in turn, then two objects, then textures.
std::vector<scene> shown_scenes() {
  std::vector<scene> scenes;
  const std::vector<std::string> motions = names_of(motion_words()), shapes = names_of(shape_words());
  for (std::size_t i = 0; i < motions.size(); ++i) {
    shape_world world;
    world.motions = {motions[i]};
    world.shapes = {motions[i] == "rotate" ? "star" : shapes[i % shapes.size()]};
    world.two_objects = 0;
    scenes.push_back(draw_scene(world, 1, i));
  }
  shape_world world;
  world.two_objects = 1;
  scenes.push_back(draw_scene(world, 1, 100));
  world.two_objects = 0;
  world.random_colours = 1;
  world.textures = {"stripes", "checks"};
  scenes.push_back(draw_scene(world, 1, 102));
  return scenes;
}

TEST(ContactSheet, IsAPicture) {
  const rgb_image sheet = sheet_of(shown_scenes());
  EXPECT_EQ(sheet.width, 526);
  EXPECT_EQ(sheet.height, 12 * 66 - 2);
  const temporary_folder folder;
  const char* wanted = std::getenv("ZOETROPE_CONTACT_SHEET");
  const std::filesystem::path file = wanted ? wanted : folder.path() / "sheet.png";
  write_png(file, sheet);
  EXPECT_EQ(read_image(file).pixels, sheet.pixels);
}

}  // namespace
}  // namespace zoetrope
