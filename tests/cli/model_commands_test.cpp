// `zoetrope init`, `inspect` and `profile`: models are made, looked into and timed.
#include "core/io/atomic_file.hpp"
#include "core/io/safetensors.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

TEST(Inspect, CountsWhatTheFilesOfTheModelInTheBoxHold) {
  const auto result = run({{"inspect", tiny_model.string(), "--json"}});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto tree = result.json();
  EXPECT_EQ(tree["class"], "HotshotXLPipeline");
  int64_t bytes = 0;
  for (const auto& part : tree["parts"])
    for (const std::string name : part["files"])
      bytes += static_cast<int64_t>(
          std::filesystem::file_size(tiny_model / part["name"].get<std::string>() / name));
  // The rest of the files is their headers.
  EXPECT_LT(tree["total"]["bytes"].get<int64_t>(), bytes);
  EXPECT_GT(tree["total"]["bytes"].get<int64_t>(), bytes * 9 / 10);
  EXPECT_EQ(tree["total"]["parameters"].get<int64_t>() * 2,
            tree["total"]["bytes"].get<int64_t>());  // all f16
  EXPECT_TRUE(mentions(tree["parts"].dump(), R"("class":"UNet3DConditionModel")"));
}

TEST(Inspect, LooksIntoAPartAndIntoAFile) {
  const auto part = run({{"inspect", (tiny_model / "vae").string(), "--json"}});
  ASSERT_EQ(part.exit_code, 0) << part.err;
  const auto file =
      run({{"inspect", (tiny_model / "vae/diffusion_pytorch_model.safetensors").string(), "--json"}});
  ASSERT_EQ(file.exit_code, 0) << file.err;
  EXPECT_EQ(part.json()["total"]["parameters"], file.json()["total"]["parameters"]);
  EXPECT_EQ(file.json()["total"]["dtypes"].size(), 1u);
  EXPECT_TRUE(mentions(run({{"inspect", tiny_model.string()}}).out, "UNet3DConditionModel"));
}

TEST(Inspect, WhatIsNotAModelIsABadInput) {
  const temporary_folder folder;
  folder.put("broken.safetensors", "not at all");
  EXPECT_EQ(run({{"inspect", "broken.safetensors"}, folder.path()}).exit_code, 3);
  EXPECT_EQ(run({{"inspect", "absent"}, folder.path()}).exit_code, 3);
}

TEST(Init, TheTinyPresetHasTheShapesOfTheModelInTheBox) {
  const temporary_folder folder;
  const auto made = run({{"init", "--preset", "tiny", "model"}, folder.path()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"model"});
  for (const std::string file : {"unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model",
                                 "text_encoder/model", "text_encoder_2/model"}) {
    const auto got = safetensors_file::open(folder / "model" / (file + ".safetensors"));
    const auto want = safetensors_file::open(tiny_model / (file + ".safetensors"));
    EXPECT_EQ(got.tensors().size(), want.tensors().size()) << file;
    for (const stored_tensor& tensor : want.tensors()) {
      const stored_tensor* found = got.find(tensor.name);
      ASSERT_TRUE(found) << file << ": " << tensor.name;
      EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
      EXPECT_EQ(found->type, element_type::f16) << tensor.name;
    }
  }
}

TEST(Init, WhatItMakesCanBeGeneratedWith) {
  const temporary_folder folder;
  ASSERT_EQ(
      run({{"init", "--preset", "tiny", "--set", "unet.layers_per_block=2", "model", "-q"}, folder.path()})
          .exit_code,
      0);
  const auto result = run({{"generate", "--pretrained_path", "model", "--steps", "1"}, folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(Init, AControlNetIsOneFolderThatCanBeLookedIntoAndDescribed) {
  const temporary_folder folder;
  const auto made = run({{"init", "--preset", "controlnet-tiny", "net"}, folder.path()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.out, "net\n");
  EXPECT_EQ(names_in(folder / "net"),
            (std::set<std::string>{"config.json", "diffusion_pytorch_model.safetensors"}));
  const auto seen = run({{"inspect", "net", "--json"}, folder.path()});
  ASSERT_EQ(seen.exit_code, 0) << seen.err;
  EXPECT_GT(seen.json()["total"]["parameters"].get<int64_t>(), 0);
  EXPECT_TRUE(mentions(seen.out, "ControlNetModel"));
  const auto described = run({{"describe", "net"}, folder.path()});
  ASSERT_EQ(described.exit_code, 0) << described.err;
  EXPECT_EQ(described.json()["conditioning_channels"], 3);
}

TEST(Init, OneSeedGivesOneModel) {
  const temporary_folder folder;
  for (const auto& [name, seed] : {std::pair{"a", "1"}, std::pair{"b", "1"}, std::pair{"c", "2"}})
    ASSERT_EQ(run({{"init", "--preset", "tiny", "--seed", seed, name, "-q"}, folder.path()}).exit_code, 0);
  const std::filesystem::path weights = "vae/diffusion_pytorch_model.safetensors";
  EXPECT_EQ(bytes_of(folder / "a" / weights), bytes_of(folder / "b" / weights));
  EXPECT_NE(bytes_of(folder / "a" / weights), bytes_of(folder / "c" / weights));
}

TEST(Init, RefusesAFolderWithFilesAndLeavesNothingAfterAnError) {
  const temporary_folder folder;
  folder.put("full/file", "mine");
  EXPECT_EQ(run({{"init", "--preset", "tiny", "full"}, folder.path()}).exit_code, 1);
  EXPECT_EQ(run({{"init", "--preset", "huge", "model"}, folder.path()}).exit_code, 2);
  const auto unread =
      run({{"init", "--preset", "tiny", "--set", "unet.nix=1", "model", "-q"}, folder.path()});
  EXPECT_EQ(unread.exit_code, 3);
  EXPECT_TRUE(mentions(unread.err, "unet: preset tiny: $: nothing reads $.nix, which --set gives"));
  EXPECT_EQ(run({{"init", "--preset", "tiny", "--set", "unet.norm_num_groups=7", "model"}, folder.path()})
                .exit_code,
            3);
  EXPECT_EQ(run({{"init", "--preset", "tiny", "--set", "unett.x=7", "model"}, folder.path()}).exit_code, 3);
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"full"});
  EXPECT_EQ(names_in(folder / "full"), std::set<std::string>{"file"});
}

TEST(Profile, ReportsStepTimesPartsAndMemory) {
  const auto result = run({{"profile", tiny_model.string(), "--width", "32", "--height", "32",
                            "--video_length", "4", "--steps", "3", "--json"}});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto tree = result.json();
  const auto step = tree["unet_step_ms"];
  EXPECT_LE(step["min"].get<double>(), step["median"].get<double>());
  EXPECT_LE(step["median"].get<double>(), step["max"].get<double>());
  EXPECT_GT(step["min"].get<double>(), 0.0);
  for (const std::string kind : {"resnet", "spatial_transformer", "temporal_transformer", "resampling"})
    EXPECT_GT(tree["parts_ms"][kind].get<double>(), 0.0) << kind;
  EXPECT_GT(tree["peak_memory_bytes"].get<int64_t>(), int64_t{50} << 20);
  EXPECT_EQ(tree["video_length"], 4);
  EXPECT_EQ(run({{"profile", tiny_model.string(), "--steps", "0"}}).exit_code, 2);
}

TEST(Profile, APresetIsTimedWithoutFiles) {
  const auto result = run({{"profile", "--preset", "tiny", "--steps", "1", "--json"}});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.json()["model"], "tiny");
  EXPECT_GT(result.json()["parts_ms"]["vae"].get<double>(), 0.0);
  EXPECT_EQ(run({{"profile", "--preset", "controlnet-tiny"}}).exit_code, 2);
  EXPECT_EQ(run({{"profile", "--preset", "tiny", "--motion", "m.safetensors"}}).exit_code, 2);
  const auto without =
      run({{"profile", "--preset", "tiny", "--unet", "temporal.type=none", "--steps", "1", "--json"}});
  ASSERT_EQ(without.exit_code, 0) << without.err;
  EXPECT_LT(without.json()["unet_flops"].get<double>(), result.json()["unet_flops"].get<double>());
}

TEST(Describe, ReadsWhatDiffusersWritesForAnUnboundedLambda) {
  const temporary_folder folder;
  write_text_file(folder.path() / "scheduler_config.json",
                  R"({"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity})");
  for (const std::string& what :
       {folder.path().string(), (folder.path() / "scheduler_config.json").string()}) {
    const auto result = run({{"describe", what}});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.json()["solver_order"], 2);
  }
}

}  // namespace
}  // namespace zoetrope
