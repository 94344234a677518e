// Parts from shared libraries: the examples of docs/plugins.md, in every command that takes them.
#include "core/config.hpp"
#include "core/io/video.hpp"
#include "eval/result_file.hpp"
#include "small_clips.hpp"
#include "small_generation.hpp"

namespace zoetrope {
namespace {

std::string plugin(const std::string& name) { return ZOETROPE_PLUGINS "/lib" + name + ".so"; }
const std::string cosine = plugin("cosine_attention"), sharpness = plugin("sharpness_drift"),
                  soft_edges = plugin("soft_edges");

TEST(Plugin, OfTheDocsIsListedAndRuns) {
  const program_result listed =
      run({.arguments = {"list", "attention_backends", "--plugin", cosine, "--json"}});
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  bool found = false;
  const nlohmann::json kinds = listed.json();
  for (const auto& part : kinds.at("attention_backends")) found |= part.at("name") == "cosine";
  EXPECT_TRUE(found);
  expect_clip({"--plugin", cosine, "--unet", "temporal.backend.type=cosine"}, true);
}

TEST(Plugin, IsDescribed) {
  const program_result told = run({.arguments = {"describe", "backend", "cosine", "--plugin", cosine}});
  ASSERT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(told.json(), (nlohmann::json{{"type", "cosine"}, {"temperature", 10.0}}));
}

TEST(Plugin, ThatIsNoneIsRefused) {
  const temporary_folder folder;
  const program_result missing = generate(folder, {"--plugin", "nowhere.so"}, "x.gif");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_NE(missing.err.find("nowhere.so"), std::string::npos);
  const auto text = folder.put("text.so", "not a library");
  EXPECT_EQ(generate(folder, {"--plugin", text.string()}, "x.gif").exit_code, 3);
  const program_result unknown = generate(folder, {"--unet", "temporal.backend.type=cosine"}, "x.gif");
  EXPECT_EQ(unknown.exit_code, 3) << "a part that only the plug-in has";
}

// A copy of the library of the docs with something behind its end, where the loader does not look.
void put_plugin(const temporary_folder& folder, const std::string& name, const std::string& more = "") {
  folder.put(name, bytes_of(cosine) + more);
}

constexpr const char* cosine_training = R"(
model: {pretrained: assets/tiny, unet: {temporal: {backend: {type: cosine}}}}
data: {type: shapes, width: 32, height: 32, frames: 4, examples: 4}
device: cpu
steps: 1
batch_size: 2
)";

program_result train(const temporary_folder& folder, std::vector<std::string> more) {
  std::string recipe = cosine_training;
  recipe.replace(recipe.find("assets/tiny"), std::string("assets/tiny").size(), tiny_model.string());
  folder.put("cosine.yaml", recipe);
  more.insert(more.begin(), "train");
  more.insert(more.end(), {"--output_dir", "out", "-q"});
  return run({.arguments = std::move(more), .folder = folder.path()});
}

TEST(Plugin, OfATrainingStandsInItsConfig) {
  const temporary_folder folder;
  put_plugin(folder, "libcosine.so");
  EXPECT_EQ(train(folder, {"cosine.yaml"}).exit_code, 3) << "a part that only the plug-in has";
  const program_result trained = train(folder, {"cosine.yaml", "--plugin", "libcosine.so"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(config::load(folder / "out/config.json").at("plugin").value(), json{"libcosine.so"});
  const program_result more = train(folder, {"out/config.json", "--resume", "latest", "--set", "steps=2"});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  const program_result one = train(folder, {"cosine.yaml", "--set", "plugin=libcosine.so", "--dry_run"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
}

TEST(Plugin, MayLieElsewhereWhenATrainingGoesOnButMustBeTheSame) {
  const temporary_folder folder;
  put_plugin(folder, "libcosine.so");
  put_plugin(folder, "moved/libcosine.so");
  put_plugin(folder, "changed/libcosine.so", "changed");
  ASSERT_EQ(train(folder, {"cosine.yaml", "--plugin", "libcosine.so"}).exit_code, 0);
  const auto go_on = [&](const char* library) {
    return train(folder, {"out/config.json", "--plugin", library, "--resume", "latest", "--set", "steps=2"});
  };
  const program_result other = go_on("changed/libcosine.so");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_TRUE(mentions(other.err, "began with another plug-in libcosine.so")) << other.err;
  const program_result moved = go_on("moved/libcosine.so");
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
}

// A square that has another grey in every other frame; its edges' Laplacians, squared, are 25 and 1.
void put_changing_square(const std::filesystem::path& file) {
  rgb_frames clip{16, 16, {}};
  for (const uint8_t grey : {250, 50, 250, 50}) {
    auto& frame = clip.frames.emplace_back(16 * 16 * 3, uint8_t{0});
    for (int y = 4; y < 8; ++y)
      for (int x = 4; x < 8; ++x) std::fill_n(&frame[(y * 16 + x) * 3], 3, grey);
  }
  write_video(file, clip);
}

TEST(Plugin, BringsAMetric) {
  const temporary_folder folder;
  put_changing_square(folder / "square.gif");
  const auto measured = [&](words more) {
    more.insert(more.begin(), {"eval", "square.gif", "-q", "--json", "scores.json"});
    return run({more, folder.path()});
  };
  const program_result without = measured({"--metrics", "sharpness_drift"});
  EXPECT_EQ(without.exit_code, 2) << "a metric that only the plug-in has";
  const program_result all = measured({"--plugin", sharpness});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_TRUE(mentions(all.out, "sharpness_drift"));
  const program_result one = measured({"--plugin", sharpness, "--metrics", "sharpness_drift:step=2"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  const json scores = json::parse(bytes_of(folder / "scores.json"));
  // Of 25 and 1 in turn the mean is 13, the standard deviation 12.
  EXPECT_TRUE(mentions(scores.dump(), "0.9230769"));
  EXPECT_EQ(measured({"--plugin", sharpness, "--metrics", "sharpness_drift:stepp=2"}).exit_code, 2);
}

TEST(Plugin, OfAMetricServesAnExperimentAndItsReproduction) {
  const temporary_folder folder;
  const auto file =
      folder.put("e.yaml", "base: {steps: 1, width: 32, height: 32, video_length: 2, plugin: [" + sharpness +
                               "]}\nseeds: [0]\nmetrics: [sharpness_drift]\n");
  const program_result ran = run({{"experiment", "run", file}, folder.path()});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  std::string result;
  for (const std::string& name : names_in(folder / "results/e"))
    if (name.ends_with(".h5")) result = "results/e/" + name;
  EXPECT_EQ(read_result(folder / result).metrics.count("sharpness_drift"), 1u) << result;
  const program_result again = run({{"reproduce", result}, folder.path()});
  EXPECT_EQ(again.exit_code, 0) << again.err << again.out;
  const program_result told = run({{"report", "results/e", "--plugin", sharpness}, folder.path()});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_TRUE(bytes_of(folder / "report.html").find("how much the sharpness changes") != std::string::npos);
}

TEST(Plugin, BringsAPreprocessor) {
  const clip_folder folder;
  const auto shown = [&](words more) {
    more.insert(more.end(), {"--controlnet", random_controlnet().string(), "--gif", "input.gif"});
    return latents_of(folder, more);
  };
  const std::string edges = shown({"--plugin", soft_edges, "--preprocessor", "soft_edges"});
  EXPECT_NE(edges, "");
  EXPECT_NE(edges, shown({}));
  const program_result told =
      run({.arguments = {"describe", "preprocessor", "soft_edges", "--plugin", soft_edges}});
  EXPECT_EQ(told.json(), (json{{"type", "soft_edges"}, {"gain", 0.5}}));
}

TEST(Plugin, ForOtherHeadersIsRefused) {
  const temporary_folder folder;
  const program_result refused = generate(folder, {"--plugin", plugin("plugin_of_yesterday")}, "x.gif");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_TRUE(mentions(refused.err,
                       "it was built for 'zoetrope's headers of yesterday', this program is "
                       "'zoetrope's headers "));
  EXPECT_TRUE(mentions(refused.err, "build it anew against these headers"));
}

// What the build writes for plug-ins and program alike.
class written_abi : public temporary_folder {
 public:
  std::string now() const {
    const std::string script = ZOETROPE_SOURCE_DIR "/cmake/zoetrope_plugin_abi.cmake",
                      source = path().string(), made = (path() / "abi.txt").string();
    const std::string command =
        "'" ZOETROPE_CMAKE "' -D SOURCE_DIR='" + source + "' -D OUTPUT='" + made + "' -P '" + script + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return bytes_of(made);
  }
};

TEST(Plugin, IsForTheTextAndTheNamesOfTheHeaders) {
  const written_abi folder;
  folder.put("core/a.hpp", "int a();\n");
  folder.put("models/b.h", "int b();\n");
  const std::string before = folder.now();
  EXPECT_TRUE(mentions(before, "inline constexpr const char* plugin_abi = "));
  const auto written = std::filesystem::last_write_time(folder / "abi.txt");
  folder.put("core/a.cpp", "a source");
  EXPECT_EQ(folder.now(), before);
  EXPECT_EQ(std::filesystem::last_write_time(folder / "abi.txt"), written) << "nothing to compile again";
  folder.put("core/a.hpp", "int a(int);\n");
  const std::string changed = folder.now();
  EXPECT_NE(changed, before);
  folder.put("core/a.hpp", "int a();\n");
  EXPECT_EQ(folder.now(), before);
  folder.put("eval/metrics/c.hpp", "");
  EXPECT_NE(folder.now(), before);
}

}  // namespace
}  // namespace zoetrope
