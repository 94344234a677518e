// A run that goes on must find the model and the data that it began from, wherever they lie.
#include "training/training_origin.hpp"

#include <gtest/gtest.h>

#include "core/tensor/weights.hpp"
#include "tests/core/io/pictures.hpp"
#include "tests/core/temporary_folder.hpp"
#include "training/recipe.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

json listed(const std::vector<std::array<const char*, 3>>& examples) {
  json list = json::array();
  for (const auto& [name, caption, source] : examples)
    list.push_back({{"name", name}, {"caption", caption}, {"source", source}});
  return {{"data", {{"examples", examples.size()}, {"listed", list}}}};
}

std::string told(const json& before, const json& now) {
  return failure_of([&] { expect_same_origin(before, now, "runs/a"); });
}

TEST(TrainingOrigin, NamesTheExamplesThatAreNewGoneOrOthers) {
  const json two = listed({{"a", "a cat", "1"}, {"b", "a dog", "2"}});
  EXPECT_EQ(told(two, two), "no error");
  EXPECT_EQ(told(two, listed({{"c", "a cat", "1"}, {"d", "a dog", "2"}})), "no error");  // renamed
  EXPECT_EQ(told(two, listed({{"a", "a cat", "1"}, {"ab", "a cat", "1"}, {"b", "a dog", "2"}})),
            "usage: runs/a: was trained on 2 examples, now data has 3; new: ab; put that back, or choose "
            "another folder");
  EXPECT_TRUE(mentions(told(two, listed({{"b", "a dog", "2"}})), "now data has 1; gone: a;"));
  EXPECT_TRUE(mentions(told(two, listed({{"a", "a cat", "1"}, {"b", "a fox", "2"}})),
                       R"(b: its caption was "a dog", now it is "a fox")"));
  EXPECT_TRUE(mentions(told(two, listed({{"a", "a cat", "1"}, {"b", "a dog", "3"}})),
                       "runs/a: 1 of 2 examples are not what it was trained on; the first: b: its files or "
                       "frames are others; "));
  EXPECT_TRUE(mentions(told(two, listed({{"b", "a dog", "2"}, {"a", "a cat", "1"}})),
                       "2 of 2 examples are not what it was trained on; the first: b: "));
  EXPECT_TRUE(mentions(
      told(two, listed({{"a", "", "1"}, {"b", "", "2"}, {"c", "", "3"}, {"d", "", "4"}, {"e", "", "5"}})),
      "new: a, b, c and 2 more; gone: a, b;"));
  EXPECT_TRUE(
      mentions(told(two, {{"data", {{"examples", 2}, {"listed", json::array()}}}}), "data of another kind"));
}

TEST(TrainingOrigin, ADamagedFileIsNamed) {
  const temporary_folder folder;
  for (const char* text :
       {"[]", R"({"model": 1})", R"({"data": []})", R"({"data": {"examples": 1}})",
        R"({"data": {"examples": "1", "listed": []}})", R"({"data": {"examples": 1, "listed": [1]}})",
        R"({"data": {"examples": 1, "listed": [{"name": "a", "source": "1"}]}})",
        R"({"data": {"examples": 1, "listed": [{"name": "a", "caption": null, "source": "1"}]}})"}) {
    folder.put("origin.json", text);
    const std::string told = failure_of([&] { read_origin(folder / ""); });
    EXPECT_TRUE(mentions(told, "bad_input: ") && mentions(told, "origin.json: ")) << text << ": " << told;
  }
  const json two = listed({{"a", "a cat", "1"}, {"b", "a dog", "2"}});
  write_origin(folder / "", two);
  EXPECT_EQ(read_origin(folder / ""), two);
  EXPECT_TRUE(mentions(told(json::object(), two), "runs/a: does not say what data it was trained on; "));
}

// Folders of two frames, as small as the model in the box takes them.
void put_clip(const fs::path& folder, const std::string& caption, int shift) {
  fs::create_directories(folder);
  for (int i = 0; i < 2; ++i) write_png(folder / concat(i, ".png"), gradient(32, 32, shift + 8 * i));
  std::ofstream(folder / "prompt.txt") << caption;
}

class TrainingOriginOfARun : public testing::Test {
 protected:
  TrainingOriginOfARun() {
    for (int i = 0; i < 3; ++i) put_clip(root / "clips" / concat("c", i), concat("clip ", i), 40 * i);
  }

  json recipe(int64_t steps, const json& changes = json::object()) const {
    json tree = {
        {"device", "cpu"},
        {"model", {{"pretrained", ZOETROPE_SOURCE_DIR "/assets/tiny"}}},
        {"data", {{"type", "frame_folders"}, {"folder", root / "clips"}, {"width", 32}, {"height", 32}}},
        {"steps", steps},
        {"batch_size", 2},
        {"saved_precision", "f32"}};
    tree.merge_patch(changes);
    return tree;
  }
  std::string trained(const json& tree, const fs::path& folder,
                      resume_mode resume = resume_mode::none) const {
    const fs::path model = run_recipe(config(tree), {.folder = folder, .resume = resume});
    return bytes_of(model / "unet" / "diffusion_pytorch_model.safetensors");
  }
  std::string refusal(const json& tree) const {
    return failure_of([&] { trained(tree, root / "run", resume_mode::latest); });
  }

  const temporary_folder root;
};

TEST_F(TrainingOriginOfARun, OtherDataIsNoticedWithAndWithoutAResult) {
  trained(recipe(2), root / "run");
  const auto expect_noticed = [&] {
    put_clip(root / "clips/c9", "another", 7);
    EXPECT_TRUE(mentions(refusal(recipe(3)), "was trained on 3 examples, now data has 4; new: c9;"));
    fs::remove_all(root / "clips/c9");
    put_clip(root / "clips/c1", "a clop", 40);
    EXPECT_TRUE(mentions(refusal(recipe(3)), R"(c1: its caption was "clip 1", now it is "a clop")"));
    put_clip(root / "clips/c1", "clip 1", 41);
    EXPECT_TRUE(mentions(
        refusal(recipe(3)),
        "1 of 3 examples are not what it was trained on; the first: c1: its files or frames are others;"));
    put_clip(root / "clips/c1", "clip 1", 40);
  };
  expect_noticed();
  fs::remove_all(root / "run/model");
  expect_noticed();
  EXPECT_NO_THROW(trained(recipe(3), root / "run", resume_mode::latest));
}

TEST_F(TrainingOriginOfARun, TheSameContentElsewhereIsTheSameToTheBit) {
  trained(recipe(2), root / "run");
  fs::create_directory(root / "moved");
  fs::copy(root / "clips", root / "moved/clips", fs::copy_options::recursive);
  fs::copy(ZOETROPE_SOURCE_DIR "/assets/tiny", root / "moved/model", fs::copy_options::recursive);
  const json elsewhere = {{"model", {{"pretrained", root / "moved/model"}}},
                          {"data", {{"folder", root / "moved/clips"}}}};
  EXPECT_TRUE(trained(recipe(3, elsewhere), root / "run", resume_mode::latest) ==
              trained(recipe(3), root / "whole"));
}

// A layer that is not trained.
TEST_F(TrainingOriginOfARun, AnotherModelUnderTheSamePathIsNoticed) {
  fs::copy(ZOETROPE_SOURCE_DIR "/assets/tiny", root / "model", fs::copy_options::recursive);
  const json here = {{"model", {{"pretrained", root / "model"}}}};
  trained(recipe(2, here), root / "run");
  const fs::path weights = root / "model/unet/diffusion_pytorch_model.safetensors",
                 words = root / "model/tokenizer/vocab.json";
  const std::string kept = bytes_of(weights), vocabulary = bytes_of(words);
  tensor_map changed = load_tensors(weights);
  changed.at("conv_in.bias") = changed.at("conv_in.bias") + 1;
  save_tensors(weights, changed);
  EXPECT_TRUE(
      mentions(refusal(recipe(3, here)), "began with another unet: that of the model has another content"));
  root.put("model/unet/diffusion_pytorch_model.safetensors", kept);
  root.put("model/tokenizer/vocab.json", vocabulary + "\n");
  EXPECT_TRUE(mentions(refusal(recipe(3, here)), "began with another tokenizer:"));
  root.put("model/tokenizer/vocab.json", vocabulary);
  EXPECT_NO_THROW(trained(recipe(3, here), root / "run", resume_mode::latest));
}

TEST_F(TrainingOriginOfARun, AnotherProgramUnderTheSamePathIsNoticed) {
  const std::string head = "def forward(self, x: Tensor, seconds_per_frame: float) -> Tensor:\n    return ";
  const auto program = root.put("mine.py", head + "x\n");
  const json with_program = {
      {"model",
       {{"unet", {{"resnet", {{"temporal", {{"type", "torchscript"}, {"path", program.string()}}}}}}}}}};
  trained(recipe(2, with_program), root / "run");
  root.put("mine.py", head + "0.5 * x\n");
  EXPECT_TRUE(
      mentions(refusal(recipe(3, with_program)), "began with another TorchScript " + program.string()));
  root.put("mine.py", head + "x\n");
  EXPECT_NO_THROW(trained(recipe(3, with_program), root / "run", resume_mode::latest));
}

TEST_F(TrainingOriginOfARun, ACheckpointOfBeforeIsRefused) {
  trained(recipe(2), root / "run");
  fs::remove(root / "run/origin.json");
  EXPECT_TRUE(mentions(refusal(recipe(3)), "run: has no origin.json, which says what it was trained from"));
}

}  // namespace
}  // namespace zoetrope
