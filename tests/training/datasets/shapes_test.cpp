// The dataset of shapes against the scenes that it draws, and its judge.
#include <gtest/gtest.h>

#include <set>

#include "../../core/temporary_folder.hpp"
#include "core/shapes/caption.hpp"
#include "core/shapes/judge.hpp"
#include "core/shapes/obedience.hpp"
#include "core/shapes/render.hpp"
#include "training/dataset.hpp"

namespace zoetrope {
namespace {

const json small{{"type", "shapes"}, {"width", 48}, {"height", 32},
                 {"frames", 5},      {"seed", 3},   {"examples", 20}};

std::unique_ptr<dataset> made(const json& change = json::object()) {
  json options = small;
  options.update(change);
  return make_dataset(config(options));
}

TEST(ShapesDataset, DrawsTheScenesOfItsSeed) {
  const auto data = made();
  ASSERT_EQ(data->size(), 20);
  EXPECT_EQ(data->frames(), 5);
  EXPECT_EQ(data->size_of(7), (picture_size{48, 32}));
  shape_world world;
  world.width = 48, world.height = 32, world.frames = 5;
  const scene drawn = draw_scene(world, 3, 7);
  const float_clip clip = render(drawn, 48, 32, 5);
  EXPECT_EQ(data->label(7).caption, caption(drawn));
  EXPECT_EQ(data->label(7).sizes, (clip_size_conditioning{{48, 32}, {0, 0}, {48, 32}}));
  const at::Tensor pixels = data->pixels(7);
  ASSERT_EQ(pixels.sizes(), (std::vector<int64_t>{3, 5, 32, 48}));
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t f = 0; f < 5; ++f)
      for (int64_t y = 0; y < 32; y += 5)
        for (int64_t x = 0; x < 48; x += 7)
          ASSERT_EQ(pixels[c][f][y][x].item<float>(),
                    clip.pixels[static_cast<std::size_t>(((f * 32 + y) * 48 + x) * 3 + c)] * 2 - 1);
}

TEST(ShapesDataset, DrawsSingleFramesAsOfTheWholeClip) {
  const auto data = made({{"textures", {"plain", "checks"}}});
  for (int64_t i = 0; i < data->size(); ++i) {
    const std::vector<int64_t> picked{4, 0, i % 5, 0};
    EXPECT_TRUE(at::equal(data->frames_of(i, picked), data->pixels(i).index_select(1, at::tensor(picked))));
  }
  EXPECT_TRUE(mentions(failure_of([&] { data->frames_of(0, {5}); }), "usage: drawing frame 5 of 5"));
}

TEST(ShapesDataset, CaptionsTellWhatIsSeen) {
  const auto data =
      make_dataset(config(json{{"type", "shapes"}, {"seed", 11}, {"examples", 40}, {"two_objects", 0}}));
  for (int64_t i = 0; i < data->size(); ++i) {
    const training_example example = data->example(i);
    float_clip clip{64, 64, 8, {}};
    const at::Tensor bytes =
        ((example.pixels + 1) / 2).permute({1, 2, 3, 0}).contiguous();  // c f h w -> f h w c
    clip.pixels.assign(bytes.const_data_ptr<float>(), bytes.const_data_ptr<float>() + bytes.numel());
    const obedience got = obeys(read_caption(example.caption), judge(clip));
    EXPECT_TRUE(got.colour.value_or(true) && got.shape.value_or(true)) << example.caption;
  }
}

TEST(ShapesDataset, KeysAndScenesFollowSeedAndPlace) {
  const auto data = made(), later = made({{"first", 5}}), other = made({{"seed", 4}});
  EXPECT_EQ(data->content_key(6), made()->content_key(6));
  EXPECT_EQ(data->content_key(6), later->content_key(1));
  EXPECT_TRUE(data->pixels(6).equal(later->pixels(1)));
  std::set<std::string> keys;
  for (int64_t i = 0; i < 20; ++i) keys.insert(data->content_key(i)), keys.insert(other->content_key(i));
  EXPECT_EQ(keys.size(), 40u);
}

TEST(ShapesDataset, RefusesWhatThereIsNot) {
  const auto failure = [](const json& change) { return failure_of([&] { made(change); }); };
  EXPECT_TRUE(mentions(failure({{"colours", {"mauve"}}}), "bad_input: "));
  EXPECT_TRUE(mentions(failure({{"examples", 0}}), "$.examples"));
  EXPECT_TRUE(mentions(failure({{"seed", -1}}), "$.seed"));
  EXPECT_TRUE(mentions(failure({{"exmaples", 3}}), "exmaples"));
  EXPECT_TRUE(mentions(failure_of([] { made()->pixels(20); }), "usage: example 20 of 20"));
}

}  // namespace
}  // namespace zoetrope
