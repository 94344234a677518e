#include "core/io/model_directory.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "tests/core/io/stored_bytes.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// A UNet's folder as diffusers writes it, filled by each test.
struct unet_folder : temporary_folder {
  unet_folder() {
    put("unet/config.json", R"({"_class_name": "UNet3DConditionModel", "layers": 2})");
    put("model_index.json",
        R"({"_class_name": "HotshotXLPipeline", "_diffusers_version": "0.21.4", "unet": ["hotshot_xl",
        "UNet3DConditionModel"], "vae": ["diffusers", "AutoencoderKL"], "image_encoder": [null, null],
        "feature_extractor": null, "force_zeros_for_empty_prompt": true})");
  }
  model_component unet() const { return model_component::open(path() / "unet"); }
  std::string weights_failure(const std::string& variant = "") const {
    return failure_of([&] { unet().open_weights(variant); });
  }
  std::string only_tensor(const std::string& variant = "") const {
    return unet().open_weights(variant).at(0).tensors().at(0).name;
  }
  void put_index(const std::string& weight_map) const {
    put("unet/diffusion_pytorch_model.safetensors.index.json",
        R"({"metadata": {"total_size": 8}, "weight_map": )" + weight_map + "}");
  }
};

TEST(ModelDirectory, ListsItsComponentsAndLeavesOutWhatIsNull) {
  const unet_folder folder;
  const auto directory = model_directory::open(folder.path());
  ASSERT_EQ(directory.components().size(), 2u);
  EXPECT_EQ(directory.component("unet").library, "hotshot_xl");
  EXPECT_EQ(directory.component("vae").class_name, "AutoencoderKL");
  EXPECT_FALSE(directory.has("image_encoder"));
  EXPECT_EQ(directory.component("unet").read_config().get<int>("layers"), 2);
  EXPECT_EQ(directory.index()["force_zeros_for_empty_prompt"], true);
  EXPECT_TRUE(mentions(failure_of([&] { directory.component("unnet"); }),
                       "no component 'unnet' (it has: unet, vae)"));
  EXPECT_TRUE(mentions(failure_of([&] { directory.component("vae").read_config(); }), "vae: no config.json"));
}

TEST(ModelDirectory, GenerationDefaultsAreOptional) {
  const unet_folder folder;
  EXPECT_EQ(model_directory::open(folder.path()).generation_defaults().get("steps", 30), 30);
  folder.put("generation_config.json", R"({"steps": 12})");
  EXPECT_EQ(model_directory::open(folder.path()).generation_defaults().get("steps", 30), 12);
  folder.put("generation_config.json", "[]");
  EXPECT_TRUE(mentions(failure_of([&] { model_directory::open(folder.path()).generation_defaults(); }),
                       "wanted an object"));
}

TEST(ModelDirectory, WhatIsNotAModelIsRefusedByName) {
  const unet_folder folder;
  const auto failure = [](const std::string& path) {
    return failure_of([&] { model_directory::open(path); });
  };
  EXPECT_TRUE(mentions(failure(folder / "unet"), "no model_index.json; this is a single component"));
  EXPECT_TRUE(mentions(failure(folder / "none"), "none: no such folder"));
  EXPECT_TRUE(mentions(failure(folder / "model_index.json"), "not a folder"));
  EXPECT_TRUE(mentions(failure(""), "no such folder"));
  for (const char* name : {"../up", "a/b", ".hidden", "..", ""}) {
    folder.put("model_index.json", concat("{\"", name, R"(": ["diffusers", "UNet"]})"));
    EXPECT_TRUE(mentions(failure(folder.path()), "is not a plain name")) << name;
  }
  folder.put("model_index.json", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_TRUE(mentions(failure(folder.path()), "git lfs pull"));
}

TEST(ModelComponent, KnowsItsClassFromItsConfig) {
  const unet_folder folder;
  EXPECT_EQ(folder.unet().name, "unet");
  EXPECT_EQ(folder.unet().class_name, "UNet3DConditionModel");
  folder.put("text/config.json", R"({"architectures": ["CLIPTextModel"]})");
  folder.put("scheduler/scheduler_config.json", R"({"_class_name": "EulerDiscreteScheduler"})");
  folder.put("tokenizer/tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})");
  EXPECT_EQ(model_component::open(folder / "text").class_name, "CLIPTextModel");
  EXPECT_EQ(model_component::open(folder / "scheduler").class_name, "EulerDiscreteScheduler");
  EXPECT_EQ(model_component::open(folder / "tokenizer").class_name, "CLIPTokenizer");
  folder.put("text/vocab.json", "{}");
  EXPECT_EQ(model_component::open(folder / "text").read_text("vocab.json"), "{}");
  EXPECT_TRUE(
      mentions(failure_of([&] { model_component::open(folder / "text").read_text("../model_index.json"); }),
               "is not a plain name"));
}

TEST(ModelComponent, TakesTheVariantAndFallsBackOnThePlainFile) {
  const unet_folder folder;
  EXPECT_FALSE(folder.unet().has_weights());
  folder.put("unet/diffusion_pytorch_model.safetensors", stored_scalars("plain"));
  EXPECT_TRUE(folder.unet().has_weights());
  EXPECT_EQ(folder.only_tensor("fp16"), "plain");
  folder.put("unet/diffusion_pytorch_model.fp16.safetensors", stored_scalars("half"));
  EXPECT_EQ(folder.only_tensor("fp16"), "half");
  EXPECT_EQ(folder.only_tensor(), "plain");
  EXPECT_TRUE(mentions(folder.weights_failure("../x"), "variant '../x' is not a plain name"));
}

TEST(ModelComponent, TransformersNamesAreKnownToo) {
  const unet_folder folder;
  folder.put("unet/model.fp16.safetensors", stored_scalars("half"));
  EXPECT_EQ(folder.only_tensor("fp16"), "half");
  EXPECT_FALSE(folder.unet().has_weights());
  EXPECT_TRUE(mentions(folder.weights_failure(), "got config.json, model.fp16.safetensors"));
}

TEST(ModelComponent, ShardsAreOpenedInOrder) {
  const unet_folder folder;
  folder.put("unet/m-00001-of-00002.safetensors", stored_scalars("z", "y"));
  folder.put("unet/m-00002-of-00002.safetensors", stored_scalars("a"));
  folder.put_index(R"({"a": "m-00002-of-00002.safetensors", "y": "m-00001-of-00002.safetensors",
                       "z": "m-00001-of-00002.safetensors"})");
  const auto shards = folder.unet().open_weights();
  ASSERT_EQ(shards.size(), 2u);
  EXPECT_NE(shards[0].find("z"), nullptr);
  EXPECT_NE(shards[1].find("a"), nullptr);
}

TEST(ModelComponent, ShardsOfAVariantAreFoundByItsIndex) {
  const unet_folder folder;
  folder.put("unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors", stored_scalars("a"));
  folder.put("unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors", stored_scalars("b"));
  folder.put("unet/diffusion_pytorch_model.safetensors.index.fp16.json",
             R"({"weight_map": {"a": "diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
                                "b": "diffusion_pytorch_model.fp16-00002-of-00002.safetensors"}})");
  EXPECT_EQ(folder.unet().open_weights("fp16").size(), 2u);
  EXPECT_FALSE(folder.unet().has_weights());
}

TEST(ModelComponent, AnIndexThatDoesNotHoldIsRefused) {
  const unet_folder folder;
  folder.put("unet/s1.safetensors", stored_scalars("a", "b"));
  folder.put("unet/s2.safetensors", stored_scalars("b"));
  const auto failure = [&](const std::string& weight_map) {
    folder.put_index(weight_map);
    return folder.weights_failure();
  };
  EXPECT_TRUE(mentions(failure(R"({"a": "s1.safetensors", "c": "s3.safetensors"})"),
                       "shard s3.safetensors is missing"));
  EXPECT_TRUE(mentions(failure(R"({"a": "s1.safetensors", "c": "s1.safetensors"})"),
                       "1 tensors are not in the shard that the index names: c"));
  EXPECT_TRUE(mentions(failure(R"({"a": "s1.safetensors", "b": "s2.safetensors"})"),
                       "1 tensors are in two shards: b"));
  EXPECT_TRUE(mentions(failure("{}"), "0 shards"));
  EXPECT_TRUE(mentions(failure("[]"), "an object 'weight_map'"));
  EXPECT_TRUE(mentions(failure(R"({"a": 5})"), "'a' is no file name"));
  EXPECT_TRUE(mentions(failure(R"({"a": "s1.safetensors", "a": "s2.safetensors"})"), "'a' appears twice"));
}

TEST(ModelComponent, ShardNamesMustBePlain) {
  const unet_folder folder;
  folder.put("secret.safetensors", stored_scalars("a"));
  const std::string absolute = folder / "secret.safetensors";
  for (const std::string& name :
       std::vector<std::string>{"../secret.safetensors", absolute, "x/../../secret.safetensors", "..",
                                ".hidden.safetensors", "a\\\\b.safetensors", "", "a.bin", "./a.safetensors",
                                "a\\u0000.safetensors", std::string(300, 'a') + ".safetensors"}) {
    folder.put_index("{\"a\": \"" + name + "\"}");
    EXPECT_TRUE(mentions(folder.weights_failure(), "is not a plain name that ends in .safetensors")) << name;
  }
}

TEST(ModelComponent, LinksMustNotLeadOutOfTheDirectory) {
  const temporary_folder outside;
  const unet_folder folder;
  const auto weights = folder / "unet/diffusion_pytorch_model.safetensors";
  std::filesystem::create_symlink(outside.put("w.safetensors", stored_scalars("a")), weights);
  EXPECT_TRUE(mentions(folder.weights_failure(), "lies outside the folder"));
  std::filesystem::remove(weights);
  folder.put("shared/w.safetensors", stored_scalars("a"));
  std::filesystem::create_symlink("../shared/w.safetensors", weights);
  EXPECT_EQ(failure_of([&] { model_directory::open(folder.path()).component("unet").open_weights(); }),
            "no error");
  EXPECT_TRUE(mentions(folder.weights_failure(), "lies outside the folder"))
      << "opened by itself, unet/ is all there is";
  std::filesystem::remove(weights);
  std::filesystem::create_symlink("nowhere", weights);
  EXPECT_TRUE(mentions(folder.weights_failure(), "No such file"));
  std::filesystem::remove_all(folder / "unet");
  outside.put("unet/config.json", "{}");
  std::filesystem::create_symlink(outside / "unet", folder / "unet");
  EXPECT_TRUE(
      mentions(failure_of([&] { model_directory::open(folder.path()).component("unet").read_config(); }),
               "lies outside the folder"));
}

TEST(ModelComponent, OnlyRegularFilesAreOpened) {
  const unet_folder folder;
  const auto weights = folder / "unet/diffusion_pytorch_model.safetensors";
  ASSERT_EQ(::mkfifo(weights.c_str(), 0600), 0);
  EXPECT_TRUE(mentions(folder.weights_failure(), "not a regular file"));
  std::filesystem::remove(weights);
  std::filesystem::create_directory(weights);
  EXPECT_TRUE(mentions(folder.weights_failure(), "not a regular file"));
}

TEST(ModelComponent, WhatCannotBeLoadedSaysWhatToDo) {
  const unet_folder folder;
  EXPECT_TRUE(mentions(folder.weights_failure(), "no weights; wanted diffusion_pytorch_model.safetensors"));
  folder.put("unet/diffusion_pytorch_model.bin", "\x80\x02}q");
  EXPECT_TRUE(
      mentions(folder.weights_failure(),
               "only diffusion_pytorch_model.bin: pickles can run code and are never loaded; convert first"));
  folder.put("unet/diffusion_pytorch_model.safetensors",
             "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
  EXPECT_TRUE(mentions(folder.weights_failure(), "a Git-LFS pointer"));
}

// As huggingface_hub lays it out: snapshots are folders of links into blobs.
class ModelCache : public ::testing::Test {
 protected:
  ModelCache() {
    ::setenv("HF_HUB_CACHE", folder.path().c_str(), 1);
    const std::string repository = "models--org--name/", snapshot = repository + "snapshots/0123abc/";
    folder.put(repository + "blobs/b1", R"({"unet": ["diffusers", "UNet"]})");
    folder.put(repository + "blobs/b2", stored_scalars("a"));
    folder.put(repository + "refs/main", "0123abc\n");
    folder.put(repository + "refs/refs/pr/3", "0123abc");
    std::filesystem::create_directories(folder / (snapshot + "unet"));
    std::filesystem::create_symlink("../../blobs/b1", folder / (snapshot + "model_index.json"));
    std::filesystem::create_symlink("../../../blobs/b2", folder / (snapshot + "unet/model.safetensors"));
  }
  ~ModelCache() override { ::unsetenv("HF_HUB_CACHE"); }
  static std::string failure(const std::string& name) {
    return failure_of([&] { model_directory::open(name); });
  }
  temporary_folder folder;
};

TEST_F(ModelCache, AModelIsFoundByNameAndRevision) {
  for (const char* name : {"org/name", "org/name@main", "org/name@0123abc", "org/name@refs/pr/3"}) {
    const auto directory = model_directory::open(name);
    EXPECT_EQ(directory.root(), folder / "models--org--name/snapshots/0123abc") << name;
    EXPECT_EQ(directory.component("unet").open_weights().size(), 1u) << name;
  }
}

TEST_F(ModelCache, TheOtherPlacesAreLookedAtInTheirOrder) {
  ::unsetenv("HF_HUB_CACHE");
  const temporary_folder home;
  std::filesystem::rename(folder / "models--org--name", home / "models--org--name");
  std::filesystem::create_directories(home / "hub");
  std::filesystem::rename(home / "models--org--name", home / "hub/models--org--name");
  ::setenv("HF_HOME", home.path().c_str(), 1);
  EXPECT_EQ(failure("org/name"), "no error");
  ::unsetenv("HF_HOME");
  EXPECT_TRUE(mentions(failure("org/name"),
                       "huggingface/hub/models--org--name in the Hugging Face cache; download it first"));
}

TEST_F(ModelCache, WhatIsNotThereIsSaid) {
  EXPECT_TRUE(mentions(failure("org/other"), "no folder 'org/other' here, and no "));
  EXPECT_TRUE(
      mentions(failure("org/name@v2"), "revision 'v2' is not there (refs: main, refs; snapshots: 0123abc)"));
  folder.put("models--org--name/refs/main", "../../../etc");
  EXPECT_TRUE(mentions(failure("org/name"), "revision 'main' is not there"));
  for (const char* name : {"../name", "org/..", "org/name@../../x", "org/name@", "a/b/c", "/org/name"})
    EXPECT_TRUE(mentions(failure(name), "no such folder")) << name;
}

TEST_F(ModelCache, ALinkIntoAnotherRepositoryIsRefused) {
  folder.put("models--org--other/blobs/b9", stored_scalars("a"));
  const auto weights = folder / "models--org--name/snapshots/0123abc/unet/model.safetensors";
  std::filesystem::remove(weights);
  std::filesystem::create_symlink("../../../../models--org--other/blobs/b9", weights);
  EXPECT_TRUE(mentions(failure_of([] { model_directory::open("org/name").component("unet").open_weights(); }),
                       "lies outside the folder"));
}

}  // namespace
}  // namespace zoetrope
