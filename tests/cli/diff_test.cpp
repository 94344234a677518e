// `zoetrope diff` as seen from outside.
#include "core/config.hpp"
#include "core/io/hdf5_file.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

constexpr const char* base =
    "{prompt: a red circle, steps: 2, width: 32, height: 32, video_length: 2, seed: 3}";

// The first run's config, and the same with other keys laid over it.
program_result diff(const temporary_folder& folder, const std::string& changes_of_b,
                    std::vector<std::string> more = {}) {
  json changed = parse_yaml(base, "a");
  changed.update(parse_yaml("{" + changes_of_b + "}", "b"));
  folder.put("a.yaml", base);
  folder.put("b.yaml", changed.dump());
  std::vector<std::string> arguments{"diff", "a.yaml", "b.yaml"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run({arguments, folder.path()});
}

TEST(Diff, RunsThatOnlySaveMemoryAgreeToTheBit) {
  const temporary_folder folder;
  const auto said = diff(folder, "guidance_in_turn: true", {"--output", "e.h5"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(mentions(said.out, "guidance_in_turn: false and true"));
  EXPECT_TRUE(mentions(said.out, "they agree to the bit: "));
  const hdf5_reader file(folder / "e.h5");
  EXPECT_EQ(std::get<int64_t>(file.attribute("/", "parts")), 0);
  EXPECT_GT(file.dataset<double>("/max_abs").values.size(), 50u);
}

TEST(Diff, NamesTheFirstLayerAndTheLayersOfOneAlone) {
  const temporary_folder folder;
  const auto swapped = diff(folder, "unet: {levels: {'1': {temporal: {type: none}}}}", {"--json"});
  ASSERT_EQ(swapped.exit_code, 1) << swapped.err;
  const auto tree = swapped.json();
  ASSERT_FALSE(tree.at("only_in_a").empty());
  for (const auto& layer : tree.at("only_in_a"))
    EXPECT_TRUE(mentions(layer.get<std::string>(), "temporal_attentions"));
  EXPECT_TRUE(tree.at("only_in_b").empty());
  EXPECT_EQ(tree.at("first").at("step"), 1);
  EXPECT_TRUE(mentions(tree.at("first").at("layer").get<std::string>(), "down_blocks.1"));
}

TEST(Diff, AToleranceAllowsForAnotherBackendsRounding) {
  const temporary_folder folder;
  const auto said = diff(folder, "unet: {temporal: {backend: {type: dense}}}",
                         {"--tolerance", "1e-3", "--layer", "temporal_attentions", "--rows", "0"});
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_TRUE(mentions(said.out, "they agree within 0.001"));
  EXPECT_TRUE(mentions(said.out, "relative"));
}

// A whole generation of Hotshot-XL's: the config of the reference case `name`, and what was recorded of it.
struct recorded_case {
  temporary_folder folder;
  std::string place = ZOETROPE_SOURCE_DIR "/tests/goldens/07_pipeline/";
  std::string name;

  recorded_case(const std::string& of, const std::string& scheduler, const json& more = json::object())
      : name(of) {
    const json call = config::load(place + of + "/case.json").value().at("call");
    json settings{{"pretrained_path", place + "tiny_hotshot/model"},
                  {"latents", place + of + "/inputs.safetensors"},
                  {"scheduler", scheduler},
                  {"steps", call.at("num_inference_steps")}};
    for (const char* key : {"prompt", "negative_prompt", "height", "width", "guidance_scale", "video_length"})
      if (call.contains(key)) settings[key] = call.at(key);
    settings.update(more);
    folder.put("c.json", settings.dump());
  }
  program_result diff(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"diff", "c.json", "--recorded", place + name + "/outputs.safetensors"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run({arguments, folder.path()});
  }
  std::string noise() const { return place + name + "/inputs.safetensors"; }
};

TEST(Diff, AgreesWithARecordedRunThatDrewNoise) {
  for (const auto& [name, scheduler, more] :
       {std::tuple("eulera", "EulerAncestralDiscreteScheduler", json()),
        std::tuple("ddim_eta", "DDIMScheduler", json{{"eta", 0.6}, {"guidance_rescale", 0.7}})}) {
    const recorded_case recorded(name, scheduler, more.is_null() ? json::object() : more);
    const auto said = recorded.diff({"--noise", recorded.noise(), "--tolerance", "0.005"});
    EXPECT_EQ(said.exit_code, 0) << name << said.out << said.err;
    EXPECT_TRUE(mentions(said.out, "they agree within 0.005"));
  }
}

TEST(Diff, ARecordingMustFitTheConfig) {
  const recorded_case recorded("eulera", "EulerAncestralDiscreteScheduler");
  const auto steps = recorded.diff({"--set", "steps=3", "--noise", recorded.noise()});
  EXPECT_EQ(steps.exit_code, 3);
  EXPECT_TRUE(mentions(steps.err, "of 5 steps; the config runs 3"));
  recorded.folder.put("none.safetensors", std::string("\x02\0\0\0\0\0\0\0{}", 10));
  const auto noise = recorded.diff({"--noise", "none.safetensors"});
  EXPECT_EQ(noise.exit_code, 3);
  EXPECT_TRUE(mentions(noise.err, "wanted a tensor 'noise'"));
}

TEST(Diff, WhatCannotBeComparedIsSaid) {
  const temporary_folder folder;
  const auto refused = [&](const std::string& change, std::vector<std::string> more, int code,
                           const std::string& text) {
    const auto said = diff(folder, change, std::move(more));
    EXPECT_EQ(said.exit_code, code) << said.out;
    EXPECT_TRUE(mentions(said.err, text));
    EXPECT_FALSE(std::filesystem::exists(folder / "e.h5"));
  };
  refused("steps: 3, output: x.gif", {"--output", "e.h5"}, 2, "steps: 2 in the first run, 3 in the second");
  refused("seed: 4", {"--output", "e.h5"}, 2, "other seeds");
  refused("vram: 6G", {}, 2, "--vram");
  refused("seed: 3", {"--layer", "nowhere"}, 2, "no layer's name contains 'nowhere'");
  refused("seed: 3", {"--recorded", "r.safetensors"}, 2, "two configs, or one and --recorded");
  EXPECT_EQ(run({{"diff", "a.yaml"}, folder.path()}).exit_code, 2);
  EXPECT_EQ(run({{"diff", "a.yaml", "--recorded", "absent.safetensors"}, folder.path()}).exit_code, 3);
}

}  // namespace
}  // namespace zoetrope
