// Folders, clips and manifests that are in order. Pixels are compared with Hotshot-XL's: scale_aspect_fill of
// hotshot_xl/utils.py was run once over the same noise with Pillow 13.0; hashes (FNV-1a) of its bytes stand
// here.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <thread>

#include "../../core/io/pictures.hpp"
#include "../../core/temporary_folder.hpp"
#include "training/dataset.hpp"

namespace zoetrope {
namespace {

std::unique_ptr<dataset> made(json options) { return make_dataset(config(std::move(options))); }

/// Frame i is of the grey 10 i, in the order of the numbers only.
void put_frames(const std::filesystem::path& folder, int frames, int width = 16, int height = 16) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < frames; ++i)
    write_png(folder / concat(i, ".png"), {width, height,
                                           std::vector<uint8_t>(static_cast<std::size_t>(width) * height * 3,
                                                                static_cast<uint8_t>(10 * i))});
}

/// Of a clip of greys: the first pixel of each frame as a byte.
std::vector<int> greys(const at::Tensor& pixels) {
  std::vector<int> values;
  for (int64_t f = 0; f < pixels.size(1); ++f)
    values.push_back(static_cast<int>(std::lround((pixels[0][f][0][0].item<float>() / 2 + 0.5) * 255)));
  return values;
}

std::vector<uint8_t> bytes_of_frame(const at::Tensor& pixels, int64_t frame) {
  std::vector<uint8_t> bytes;
  for (int64_t y = 0; y < pixels.size(2); ++y)
    for (int64_t x = 0; x < pixels.size(3); ++x)
      for (int64_t c = 0; c < 3; ++c)
        bytes.push_back(
            static_cast<uint8_t>(std::lround((pixels[c][frame][y][x].item<float>() / 2 + 0.5) * 255)));
  return bytes;
}

// numpy in f32: (v / 255 - 0.5) / 0.5 for v = 0 … 255, FNV-1a of the bytes; torchvision's ToTensor and
// Normalize do the same.
TEST(PixelTensor, RoundsAsTorchvision) {
  rgb_frames ramp{16, 16, {{}}};
  for (int v = 0; v < 256; ++v) ramp.frames[0].insert(ramp.frames[0].end(), 3, static_cast<uint8_t>(v));
  const at::Tensor pixels = pixel_tensor(ramp);
  ASSERT_EQ(pixels.sizes(), (std::vector<int64_t>{3, 1, 16, 16}));
  const auto* bytes = reinterpret_cast<const uint8_t*>(pixels.const_data_ptr<float>());
  for (int c = 0; c < 3; ++c)
    EXPECT_EQ(hash_of({bytes + c * 1024, bytes + (c + 1) * 1024}), 7518826889914264782u);
}

TEST(PixelTensor, PutsChannelsInFront) {
  const at::Tensor pixels = pixel_tensor({2, 1, {{0, 51, 255, 102, 0, 0}, {255, 0, 0, 0, 0, 204}}});
  const std::vector<float> wanted{-1,    -0.2f, 1,  -1,  // red: both frames' two pixels
                                  -0.6f, -1,    -1, -1,  // green
                                  1,     -1,    -1, 0.6f};
  ASSERT_EQ(pixels.numel(), 12);
  for (int64_t i = 0; i < 12; ++i)
    EXPECT_NEAR(pixels.flatten()[i].item<float>(), wanted[static_cast<std::size_t>(i)], 1e-6) << i;
}

TEST(FrameFolders, AreReadAsFineTuneDoesButInOrder) {
  const temporary_folder folder;
  put_frames(folder / "sample_10", 12);
  put_frames(folder / "sample_2", 12);
  folder.put("sample_10/prompt.txt", "  a dog\n");
  folder.put("sample_2/prompt.txt",
             "\xEF\xBB\xBF"
             "a cat");
  folder.put("sample_2/notes.md", "not looked at");
  folder.put("README.txt", "not a sample");
  std::filesystem::create_directory(folder / ".git");
  const auto data =
      made({{"type", "frame_folders"}, {"folder", folder.path()}, {"width", 16}, {"height", 16}});
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(data->frames(), 12);
  EXPECT_EQ(data->label(0).caption, "a cat");
  EXPECT_EQ(data->label(1).caption, "a dog");
  EXPECT_EQ(greys(data->pixels(0)), (std::vector<int>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110}));
  EXPECT_EQ(greys(data->frames_of(0, {7, 0, 7})), (std::vector<int>{70, 0, 70}));
  EXPECT_TRUE(data->skipped().empty());
  const auto some = made({{"type", "frame_folders"},
                          {"folder", folder.path()},
                          {"width", 16},
                          {"height", 16},
                          {"frames", 3},
                          {"stride", 4}});
  EXPECT_EQ(greys(some->pixels(1)), (std::vector<int>{10, 50, 90}));
}

TEST(FrameFolders, AreScaledAndCutAsHotshotDoes) {
  struct fill_case {
    picture_size from, to;
    uint64_t hash;
    std::array<double, 2> crop;
  };
  const fill_case cases[] = {{{97, 61}, {64, 40}, 0xedfe7d53a057b30au, {0, 0}},
                             {{61, 97}, {64, 64}, 0x20da54ea074e08bbu, {0, 19}},
                             {{50, 30}, {80, 32}, 0xd92fcf3f7aeb677du, {0, 8}},
                             {{33, 40}, {24, 56}, 0x585376f56cb7ef6du, {11, 0}}};
  for (const fill_case& one : cases) {
    const temporary_folder folder;
    folder.put("a/prompt.txt", "noise");
    write_png(folder / "a/0.png", noise(static_cast<int>(one.from.width), static_cast<int>(one.from.height)));
    const auto data = made({{"type", "frame_folders"},
                            {"folder", folder.path()},
                            {"width", one.to.width},
                            {"height", one.to.height}});
    EXPECT_EQ(hash_of(bytes_of_frame(data->pixels(0), 0)), one.hash) << name_of(one.from);
    EXPECT_EQ(data->label(0).sizes, (clip_size_conditioning{one.from, one.crop, one.to}));
  }
}

TEST(Clips, TakeGifAndMp4WithCaptionsBeside) {
  const temporary_folder folder;
  write_video(folder / "b.mp4", gradient_clip(96, 40, 12));
  write_video(folder / "a.GIF.gif", flat_clip(40, 40, 8));
  folder.put("b.txt", "a gradient");
  folder.put("a.GIF.txt", "flat colours");
  folder.put("notes.txt", "of no clip");
  const auto data =
      made({{"type", "clips"}, {"folder", folder.path()}, {"buckets", {{40, 40}, {80, 32}}}, {"frames", 4}});
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(data->frames(), 4);
  EXPECT_EQ(data->label(0).caption, "flat colours");
  EXPECT_EQ(data->size_of(0), (picture_size{40, 40}));
  EXPECT_EQ(data->size_of(1), (picture_size{80, 32}));
  EXPECT_EQ(bucket_numbers(*data), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(data->pixels(1).sizes(), (std::vector<int64_t>{3, 4, 32, 80}));
  EXPECT_EQ(data->label(1).sizes, size_conditioning({96, 40}, {80, 32}));
  // The middle four of eight flat frames; a GIF of flat colours loses nothing.
  for (int64_t f = 0; f < 4; ++f)
    EXPECT_EQ(bytes_of_frame(data->pixels(0), f),
              flat_clip(40, 40, 8).frames[static_cast<std::size_t>(f + 2)]);
}

TEST(Clips, GiveEveryWindow) {
  const temporary_folder folder;
  write_video(folder / "a.gif", flat_clip(16, 16, 8), {.duration_ms = 800});
  folder.put("a.txt", "colours");
  json options{{"type", "clips"}, {"folder", folder.path()}, {"width", 16}, {"height", 16}, {"frames", 2}};
  options.update({{"fps", 5}, {"window", "every"}});
  const auto data = made(options);
  ASSERT_EQ(data->size(), 2);  // frames 0 2 and 4 6
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(bytes_of_frame(data->pixels(i / 2), i % 2),
              flat_clip(16, 16, 8).frames[static_cast<std::size_t>(2 * i)]);
}

TEST(Manifest, SaysForEachClipHowItIsSampled) {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "clips");
  write_video(folder / "clips/a.gif", flat_clip(16, 16, 8), {.duration_ms = 800});
  put_frames(folder / "frames", 8);
  folder.put("list.jsonl", R"({"file": "clips/a.gif", "caption": "colours", "start": 0.3}

{"file": "clips/a.gif", "caption": "every second", "fps": 5, "window": "first"}
{"file": "frames", "caption": "a folder", "stride": 3}
{"frames": ["frames/7.png", "frames/1.png", "frames/2.png"], "caption": "in this order"}
{"frames": ["frames/0.png", "frames/1.png", "frames/2.png", "frames/3.png", "frames/4.png"], "fps": 5,
 "source_fps": 10, "caption": "not on one line"}
)");
  // The last object stands on two lines, which are no JSON each.
  const json options{{"type", "manifest"}, {"file", folder / "list.jsonl"},
                     {"frames", 3},        {"width", 16},
                     {"height", 16},       {"skip_bad", true}};
  const auto data = made(options);
  ASSERT_EQ(data->size(), 4);
  EXPECT_TRUE(mentions(data->skipped(), "2 of 6 clips are left out"));
  const auto colours = flat_clip(16, 16, 8).frames;
  const std::vector<std::vector<int>> picks{{3, 4, 5}, {0, 2, 4}};
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t f = 0; f < 3; ++f)
      EXPECT_EQ(bytes_of_frame(data->pixels(i), f), colours[static_cast<std::size_t>(picks[i][f])]) << i;
  EXPECT_EQ(greys(data->pixels(2)), (std::vector<int>{0, 30, 60}));
  EXPECT_EQ(greys(data->pixels(3)), (std::vector<int>{70, 10, 20}));
  EXPECT_EQ(data->label(3).caption, "in this order");
}

TEST(Datasets, ContentKeysTellContentAndSampling) {
  const temporary_folder folder;
  write_video(folder / "a.gif", flat_clip(16, 16, 8));
  write_video(folder / "b.gif", gradient_clip(16, 16, 8));
  std::filesystem::copy_file(folder / "a.gif", folder / "same.gif");
  for (const char* name : {"a", "b", "same"}) folder.put(concat(name, ".txt"), name);
  json options{{"type", "clips"}, {"folder", folder.path()}, {"width", 16}, {"height", 16}, {"frames", 4}};
  const auto data = made(options);
  EXPECT_EQ(data->content_key(0), data->content_key(2));  // whatever the name and the caption
  EXPECT_NE(data->content_key(0), data->content_key(1));
  EXPECT_EQ(made(options)->content_key(0), data->content_key(0));
  std::set<std::string> keys{data->content_key(0)};
  for (const json& change :
       {json{{"stride", 2}}, json{{"frames", 2}}, json{{"width", 8}}, json{{"window", "first"}}}) {
    json changed = options;
    changed.update(change);
    keys.insert(made(changed)->content_key(0));
  }
  EXPECT_EQ(keys.size(), 5u);
}

TEST(Datasets, GiveTheSameBytesFromAllThreads) {
  const temporary_folder folder;
  for (int i = 0; i < 4; ++i) {
    write_video(folder / concat(i, ".mp4"), gradient_clip(48 + 16 * i, 32, 10));
    folder.put(concat(i, ".txt"), concat("clip ", i));
  }
  const auto data = made({{"type", "clips"}, {"folder", folder.path()}, {"width", 32}, {"height", 32}});
  std::vector<at::Tensor> alone(4), together(16);
  for (int64_t i = 0; i < 4; ++i) alone[i] = data->pixels(i);
  {
    std::vector<std::jthread> threads;
    for (int64_t t = 0; t < 16; ++t) threads.emplace_back([&, t] { together[t] = data->pixels(t % 4); });
  }
  for (int64_t t = 0; t < 16; ++t) EXPECT_TRUE(together[t].equal(alone[t % 4]));
}

TEST(Datasets, RefuseAnExampleThatThereIsNot) {
  const temporary_folder folder;
  put_frames(folder / "a", 2);
  folder.put("a/prompt.txt", "the clip a");
  const auto data = made({{"type", "frame_folders"}, {"folder", folder.path()}, {"buckets", {{16, 16}}}});
  EXPECT_TRUE(mentions(failure_of([&] { data->pixels(1); }), "usage: example 1 of 1"));
  EXPECT_TRUE(mentions(failure_of([&] { data->label(-1); }), "usage: "));
}

}  // namespace
}  // namespace zoetrope
