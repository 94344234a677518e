#include "experiments/experiment_cells.hpp"

#include <set>

#include "core/io/video.hpp"
#include "core/json_text.hpp"
#include "eval/result_file.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

experiment_file small() {
  experiment_file experiment;
  experiment.source = "small.yaml";
  experiment.base = {{"steps", 2}, {"width", 32}, {"height", 32}, {"video_length", 2}};
  experiment.prompts = {"a red circle", "a blue square"};
  experiment.seeds = {1, 2, 3};
  return experiment;
}

std::vector<std::string> labels(const experiment_file& experiment) {
  std::vector<std::string> all;
  for (const json& values : arm_values(experiment)) all.push_back(arm_label(values));
  return all;
}

TEST(ExperimentCells, AProductHasEveryPairAndAZipTheNth) {
  experiment_file experiment;
  EXPECT_EQ(labels(experiment), std::vector<std::string>{"base"});
  experiment.axes = {{"a", {1, 2}}, {"b.c", {"x", true}}};
  EXPECT_EQ(labels(experiment),
            (std::vector<std::string>{"a=1 b.c=x", "a=1 b.c=true", "a=2 b.c=x", "a=2 b.c=true"}));
  experiment.zip = true;
  EXPECT_EQ(labels(experiment), (std::vector<std::string>{"a=1 b.c=x", "a=2 b.c=true"}));
}

TEST(ExperimentCells, EveryArmHasTheSamePromptsSeedsAndRepeats) {
  experiment_file experiment = small();
  experiment.repeats = 2;
  experiment.axes = {{"steps", {1, 2, 3}}};
  const experiment_cells all = cells_of(experiment);
  ASSERT_EQ(all.arms.size(), 3u);
  ASSERT_EQ(all.cells.size(), 3u * 2 * 3 * 2);
  std::set<std::string> files;
  for (std::size_t i = 0; i < all.cells.size(); ++i) {
    const experiment_cell& cell = all.cells[i];
    EXPECT_EQ(cell.arm, i / 12);
    EXPECT_EQ(cell.prompt, all.cells[i % 12].prompt);
    EXPECT_EQ(cell.seed, all.cells[i % 12].seed);
    EXPECT_EQ(cell.repeat, all.cells[i % 12].repeat);
    EXPECT_EQ(cell.config.at("generation").at("steps"), static_cast<int>(i / 12) + 1);
    EXPECT_EQ(cell.config.at("generation").at("prompt"), json{cell.prompt});
    files.insert(result_path("", cell.config, cell.seed).string());
  }
  EXPECT_EQ(files.size(), all.cells.size());
}

TEST(ExperimentCells, TheConfigIsDescribedAndKnowsNoPlaceOfThisMachine) {
  const experiment_cells all = cells_of(small());
  const json& config = all.cells[0].config;
  EXPECT_EQ(config.at("generation").at("guidance_scale"), 4.0);  // the model's default
  EXPECT_EQ(config.at("generation").at("pretrained_path"), "");
  EXPECT_FALSE(config.at("generation").contains("seed"));
  EXPECT_FALSE(config.at("generation").contains("output"));
  EXPECT_EQ(config.dump().find(ZOETROPE_SOURCE_DIR), std::string::npos);
  EXPECT_EQ(config.at("inputs").at("pretrained_path").get<std::string>().size(), 64u);
}

TEST(ExperimentCells, TheHashFollowsTheFilesThatAreRead) {
  const temporary_folder folder;
  std::filesystem::copy(std::filesystem::path(ZOETROPE_SOURCE_DIR) / "assets/tiny", folder / "model",
                        std::filesystem::copy_options::recursive);
  experiment_file experiment = small();
  experiment.base["pretrained_path"] = (folder / "model").string();
  const json before = cells_of(experiment).cells[0].config;
  EXPECT_EQ(before, cells_of(experiment).cells[0].config);
  folder.put("model/README.md", "another model");
  EXPECT_NE(config_hash(before), config_hash(cells_of(experiment).cells[0].config));
}

TEST(ExperimentCells, TheHashFollowsTheProgramsOfTheParts) {
  const temporary_folder folder;
  const std::string head = "def forward(self, x: Tensor, seconds_per_frame: float) -> Tensor:\n    return ";
  const auto program = folder.put("mine.py", head + "x\n");
  experiment_file experiment = small();
  EXPECT_FALSE(cells_of(experiment).cells[0].config.at("inputs").contains("unet"));
  experiment.axes = {
      {"unet.resnet.temporal", {{{"type", "none"}}, {{"type", "torchscript"}, {"path", program.string()}}}}};
  const experiment_cells before = cells_of(experiment);
  folder.put("mine.py", head + "0.5 * x\n");
  const experiment_cells after = cells_of(experiment);
  EXPECT_EQ(before.cells.front().config, after.cells.front().config);
  EXPECT_NE(config_hash(before.cells.back().config), config_hash(after.cells.back().config));
}

TEST(ExperimentCells, TheHashFollowsTheWeightsOfTheMetrics) {
  const temporary_folder folder;
  folder.put("weights/lpips.safetensors", "some weights");
  experiment_file experiment = small();
  EXPECT_FALSE(cells_of(experiment).cells[0].config.at("inputs").contains("metric_weights"));
  experiment.metric_weights = (folder / "weights").string();
  const json before = cells_of(experiment).cells[0].config;
  EXPECT_EQ(before, cells_of(experiment).cells[0].config);
  folder.put("weights/lpips.safetensors", "other weights");
  EXPECT_NE(config_hash(before), config_hash(cells_of(experiment).cells[0].config));
}

TEST(ExperimentCells, TheHashFollowsTheReference) {
  const temporary_folder folder;
  const auto put = [&](const std::string& name, int frames, uint8_t level) {
    write_video(folder / name, {32, 32, std::vector(frames, std::vector<uint8_t>(32 * 32 * 3, level))});
    return (folder / name).string();
  };
  experiment_file experiment = small();
  EXPECT_FALSE(cells_of(experiment).cells[0].config.at("inputs").contains("reference"));
  const int frames = cells_of(experiment).arms[0].size.frames;
  experiment.reference = put("a.gif", frames, 10);
  const json before = cells_of(experiment).cells[0].config;
  EXPECT_EQ(before, cells_of(experiment).cells[0].config);
  put("a.gif", frames, 20);
  EXPECT_NE(config_hash(before), config_hash(cells_of(experiment).cells[0].config));

  put("a.gif", frames + 1, 20);
  EXPECT_TRUE(mentions(failure_of([&] { cells_of(experiment); }),
                       concat("the reference has ", frames + 1, " frames")));
  put("b.gif", frames, 20);
  experiment.reference = folder.path().string();
  EXPECT_TRUE(mentions(failure_of([&] { cells_of(experiment); }), "2 clips; wanted one, or the results"));
}

// What changes the model that is loaded: another value is another model, and never another one's.
TEST(ExperimentCells, ArmsShareAModelOnlyIfItIsLoadedTheSame) {
  const auto key_with = [](const std::function<void(generation_settings&)>& change) {
    generation_settings settings;
    change(settings);
    return model_key_of(settings);
  };
  const std::string plain = key_with([](generation_settings&) {});
  EXPECT_EQ(key_with([](generation_settings& s) { s.steps = 7; }), plain);
  EXPECT_NE(key_with([](generation_settings& s) { s.lora = {"a"}; }), plain);
  EXPECT_NE(key_with([](generation_settings& s) { s.embedding = {"a"}; }), plain);
  EXPECT_NE(key_with([](generation_settings& s) { s.motion = std::string(1, 'a'); }), plain);
}

TEST(ExperimentCells, ArmsOfOneModelFollowEachOther) {
  experiment_file experiment = small();
  experiment.axes = {{"steps", {1, 2}}, {"unet.temporal.type", {"none", "shift"}}};
  const experiment_cells all = cells_of(experiment);
  ASSERT_EQ(all.arms.size(), 4u);
  EXPECT_EQ(all.arms[0].model_key, all.arms[1].model_key);
  EXPECT_EQ(all.arms[2].model_key, all.arms[3].model_key);
  EXPECT_NE(all.arms[0].model_key, all.arms[2].model_key);
  EXPECT_EQ(all.cells[0].arm, 0u);
  EXPECT_EQ(all.arms[0].values, (json{{"steps", 1}, {"unet.temporal.type", "none"}}));
}

TEST(ExperimentCells, ArmsThatAreTimedTakeTurns) {
  experiment_file experiment = small();
  experiment.axes = {{"steps", {1, 2, 3}}};
  experiment.prompts = {"a red circle"};
  const auto order = [&] {
    std::vector<std::pair<std::size_t, std::uint64_t>> arms_and_seeds;
    for (const experiment_cell& cell : cells_of(experiment).cells)
      arms_and_seeds.emplace_back(cell.arm, cell.seed);
    return arms_and_seeds;
  };
  using places = std::vector<std::pair<std::size_t, std::uint64_t>>;
  EXPECT_EQ(order(), (places{{0, 1}, {0, 2}, {0, 3}, {1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}}));
  experiment.speed.emplace();
  EXPECT_EQ(order(), (places{{0, 1}, {1, 1}, {2, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 3}, {1, 3}, {2, 3}}));
}

TEST(ExperimentCells, AllMisfitsAreToldAtOnce) {
  experiment_file experiment = small();
  experiment.axes = {{"unet.temporal.type", {"transformer", "convv", "shiftt"}}};
  experiment.metrics = {{{"type", "kvd_v1"}}};
  EXPECT_TRUE(mentions(failure_of([&] { cells_of(experiment); }), "kvd_v1 is of a set of clips"));
  experiment.metrics = {{{"type", "temporal_flickeringg"}}};
  const std::string failure = failure_of([&] { cells_of(experiment); });
  EXPECT_TRUE(mentions(failure, "bad_input: small.yaml: cannot be run:"));
  EXPECT_TRUE(mentions(failure, "unet.temporal.type=convv"));
  EXPECT_TRUE(mentions(failure, "unet.temporal.type=shiftt"));
  EXPECT_TRUE(mentions(failure, "did you mean 'temporal_flickering'"));
  EXPECT_EQ(failure.find("unet.temporal.type=transformer"), std::string::npos);
}

TEST(ExperimentCells, EachKindOfMisfitIsNamed) {
  const auto failure = [](const char* path, std::vector<json> values) {
    experiment_file experiment = small();
    experiment.axes = {{path, std::move(values)}};
    return failure_of([&] { cells_of(experiment); });
  };
  EXPECT_TRUE(mentions(failure("stepps", {1}), "did you mean 'steps'"));
  EXPECT_TRUE(mentions(failure("unet.temporall.type", {"none"}), "temporall"));
  EXPECT_TRUE(mentions(failure("scheduler", {"eulerr"}), "did you mean 'euler'"));
  EXPECT_TRUE(mentions(failure("width", {17}), "width"));
  EXPECT_TRUE(mentions(failure("steps", {0}), "steps"));
  EXPECT_TRUE(mentions(failure("scheduler_config.beta_schedule", {"none"}), "beta_schedule"));
  EXPECT_TRUE(mentions(failure("unet.temporal.position.type", {"ropee"}), "did you mean 'rope'"));
  EXPECT_TRUE(mentions(failure("guidance_scale", {5, 5.0}), "are the same run"));
  EXPECT_TRUE(mentions(failure("pretrained_path", {"none"}), "none"));
  experiment_file pictures = small();
  pictures.keep.clips = "jpg";
  EXPECT_TRUE(mentions(failure_of([&] { cells_of(pictures); }), "keep.clips: jpg holds one picture"));
}

}  // namespace
}  // namespace zoetrope
