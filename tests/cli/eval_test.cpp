// `zoetrope eval` as seen from outside: clips of every form get the same scores, a still one is marked, and
// what is wrong is named.
#include <torch/csrc/jit/api/module.h>

#include "core/io/video.hpp"
#include "tests/cli/small_clips.hpp"

namespace zoetrope {
namespace {

using json = nlohmann::json;

program_result eval(const temporary_folder& folder, const words& more) {
  words arguments{"eval", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run({arguments, folder.path()});
}

json scores_of(const temporary_folder& folder, words more) {
  more.insert(more.end(), {"--json", "scores.json"});
  const auto result = eval(folder, more);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.exit_code == 0 ? json::parse(bytes_of(folder / "scores.json")) : json::object();
}

void refuse(const temporary_folder& folder, const words& arguments, int exit_code, const words& messages) {
  const auto result = eval(folder, arguments);
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  for (const std::string& message : messages) EXPECT_TRUE(mentions(result.err, message));
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << "more than one line: " << result.err;
}

// `clips`: moving.gif, and still.gif with eight equal frames.
class eval_folder : public temporary_folder {
 public:
  eval_folder() {
    std::filesystem::create_directory(*this / "clips");
    put_moving_square(*this / "clips/moving.gif", 48, 48, 8);
    rgb_frames still{48, 48, {}};
    for (int f = 0; f < 8; ++f) still.frames.emplace_back(48 * 48 * 3, uint8_t{90});
    write_video(*this / "clips/still.gif", still);
  }
};

TEST(Eval, AFrozenClipIsMarkedAndLeftOutOfTheMeanOfMovingOnes) {
  const eval_folder folder;
  const auto result = eval(folder, {"clips", "--metrics", "temporal_flickering"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* text : {"temporal_flickering", "motion_amount", "higher", "moving", "still*", "no merit"})
    EXPECT_TRUE(mentions(result.out, text));
  const json scores = scores_of(folder, {"clips", "--metrics", "temporal_flickering"});
  ASSERT_EQ(scores["clips"].size(), 2u);
  EXPECT_EQ(scores["clips"][0]["clip"], "moving");
  EXPECT_EQ(scores["clips"][0]["still"], false);
  EXPECT_EQ(scores["clips"][1]["still"], true);
  const double moving = scores["clips"][0]["metrics"]["temporal_flickering"]["per_video"];
  EXPECT_EQ(scores["clips"][1]["metrics"]["temporal_flickering"]["per_video"], 1.0);
  EXPECT_LT(moving, 1);
  EXPECT_DOUBLE_EQ(scores["summary"]["temporal_flickering"]["mean"], (1 + moving) / 2);
  EXPECT_DOUBLE_EQ(scores["summary"]["temporal_flickering"]["mean_of_moving"], moving);
}

TEST(Eval, EveryMetricSpeaksOrSaysWhatItNeeds) {
  const eval_folder folder;
  const json scores = scores_of(folder, {"clips/moving.gif"});
  const json& clip = scores["clips"][0];
  for (const char* name :
       {"motion_amount", "temporal_flickering", "frame_psnr", "frame_ssim", "lag_similarity", "warp_error",
        "flow_smoothness", "interpolation_residual", "flicker_spectrum", "colour_drift"})
    EXPECT_TRUE(clip["metrics"][name]["per_video"].is_number()) << name;
  EXPECT_EQ(clip["unavailable"]["psnr"], "needs a reference video");
  EXPECT_EQ(clip["unavailable"]["prompt_adherence"], "needs a prompt");
  EXPECT_EQ(scores["unavailable_sets"]["kvd_v1"], "needs reference videos");
  EXPECT_EQ(clip["fps"], 10.0);
  EXPECT_TRUE(mentions(eval(folder, {"clips/moving.gif"}).out, "unavailable: needs a prompt"));
}

TEST(Eval, AFolderOfFramesAndAGifOfThemScoreAlike) {
  const eval_folder folder;
  const rgb_frames clip = read_video(folder / "clips/moving.gif").clip;
  std::filesystem::create_directory(folder / "frames");
  write_video(folder / "frames/moving.png", clip);
  const words metrics{"--metrics", "frame_psnr,warp_error:method=farneback"};
  const json of_gif = scores_of(folder, {"clips/moving.gif", metrics[0], metrics[1]}),
             of_frames = scores_of(folder, {"frames", metrics[0], metrics[1]});
  EXPECT_EQ(of_frames["clips"][0]["clip"], "frames");
  EXPECT_EQ(of_gif["clips"][0]["metrics"], of_frames["clips"][0]["metrics"]);
}

TEST(Eval, ReferencesGoByNameAndMakeTheSet) {
  const eval_folder folder;
  const json scores =
      scores_of(folder, {"clips", "--reference", "clips", "--metrics", "psnr,ssim,tof,kvd_v1"});
  for (const json& clip : scores["clips"]) {
    EXPECT_EQ(clip["metrics"]["psnr"]["per_video"], 100.0);
    EXPECT_NEAR(clip["metrics"]["ssim"]["per_video"], 1, 1e-12);
    EXPECT_EQ(clip["metrics"]["tof"]["per_video"], 0.0);
  }
  EXPECT_EQ(scores["sets"]["kvd_v1"]["curves"]["clips"][0], 2.0);
}

TEST(Eval, OfManyClipsTheTableShowsTheFirst) {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "clips");
  for (int i = 0; i < 26; ++i)
    write_video(folder / concat("clips/", i == 0 ? "a long nämes at" : "c", i, ".gif"),
                {16, 16, {2, std::vector<uint8_t>(16 * 16 * 3, 90)}});
  const auto told = eval(folder, {"clips", "--metrics", "temporal_flickering"});
  EXPECT_TRUE(mentions(told.out, "c23"));
  EXPECT_TRUE(mentions(told.out, " …mes at0*"));  // without the second byte of ä
  EXPECT_EQ(told.out.find("c24"), std::string::npos);
  EXPECT_TRUE(mentions(told.out, "and 2 clips more, which count in the means; --json and --csv have each"));
}

// In place of I3D a program that gives the mean of the clip in [-1, 1], 400 times.
TEST(Eval, ATorchScriptProgramRunsOnPermissionOnly) {
  const temporary_folder folder;
  torch::jit::Module program("i3d");
  program.define("def forward(self, x):\n  return x.mean(dim=[1, 2, 3, 4]).unsqueeze(1).expand(-1, 400)\n");
  std::filesystem::create_directory(folder / "weights");
  program.save((folder / "weights/i3d.pt").string());
  const auto put_grey = [&](const std::string& name, uint8_t level) {
    std::filesystem::create_directories((folder / name).parent_path());
    write_video(folder / name, {16, 16, {4, std::vector<uint8_t>(16 * 16 * 3, level)}});
  };
  put_grey("ours/a.gif", 90), put_grey("ours/b.gif", 120);
  put_grey("real/a.gif", 140), put_grey("real/b.gif", 170);
  const words asked{"ours",           "--reference",      "real",   "--metrics",
                    "fvd:force=true", "--metric_weights", "weights"};
  EXPECT_TRUE(mentions(scores_of(folder, asked)["unavailable_sets"]["fvd"].get<std::string>(),
                       "needs --allow-torchscript"));
  words allowed = asked;
  allowed.push_back("--allow_torchscript");
  // Means 50 of 127.5 apart, with the same spread.
  EXPECT_NEAR(scores_of(folder, allowed)["sets"]["fvd"]["per_video"].get<double>(),
              400 * (50 / 127.5) * (50 / 127.5), 1e-3);
}

TEST(Eval, PromptsOfShapesAreJudged) {
  const eval_folder folder;
  folder.put("prompts.txt", "a white square moving right\n");
  const json scores =
      scores_of(folder, {"clips/moving.gif", "--prompts", "prompts.txt", "--metrics", "prompt_adherence"});
  EXPECT_EQ(scores["clips"][0]["metrics"]["adherence_colour"]["per_video"], 1.0);
  EXPECT_EQ(scores["clips"][0]["metrics"]["adherence_shape"]["per_video"], 1.0);
}

TEST(Eval, GivesTheSameBytesOnAnyNumberOfThreads) {
  const eval_folder folder;
  const json one = scores_of(folder, {"clips", "--reference", "clips", "--threads", "1"});
  EXPECT_EQ(one, scores_of(folder, {"clips", "--reference", "clips", "--threads", "5"}));
}

TEST(Eval, CsvHasALineAValue) {
  const eval_folder folder;
  ASSERT_EQ(eval(folder, {"clips", "--metrics", "frame_psnr", "--csv", "scores.csv"}).exit_code, 0);
  const std::string text = bytes_of(folder / "scores.csv");
  EXPECT_TRUE(
      text.starts_with("clip,metric,unit,better,value,still,unavailable\r\nmoving,frame_psnr,dB,higher,"));
  EXPECT_TRUE(mentions(text, "still,frame_psnr,dB,higher,100,true,\r\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);  // two metrics, for motion stands beside
}

TEST(Eval, AWrongFileOfWeightsIsBadInputAndWrongOptionsAreUsage) {
  const eval_folder folder;
  folder.put("weights/raft.safetensors", "not weights");
  folder.put("weights/dino/config.json", "{");
  folder.put("weights/dino/model.safetensors", "not weights");
  folder.put("weights/i3d.pt", "not a program");
  const auto with = [](const char* metric) {
    return words{"clips", "--metric_weights", "weights", "--allow_torchscript", "--metrics", metric};
  };
  refuse(folder, with("dynamic_degree"), 3, {"weights/raft.safetensors"});
  refuse(folder, with("subject_consistency"), 3, {"dino/config.json"});
  refuse(folder, with("fvd"), 3, {"i3d.pt"});
  refuse(folder, with("fvd:force=7"), 2, {"force"});
}

TEST(Eval, OneMetricCanBeMeasuredInTwoWays) {
  const eval_folder folder;
  const json scores = scores_of(
      folder, {"clips/moving.gif", "--metrics", "motion_amount,motion_amount:method=farneback,warp_error"});
  for (const char* name : {"motion_amount", "motion_amount[method=farneback]", "warp_error"})
    EXPECT_TRUE(scores["clips"][0]["metrics"][name]["per_video"].is_number()) << name;
}

TEST(Eval, ListsAreOneWordInHelpToo) {
  for (const words& command :
       {words{"eval"}, words{"results", "compare"}, words{"results", "sets"}, words{"report"}}) {
    words arguments = command;
    arguments.push_back("--help");
    const std::string help = run({arguments}).out;
    EXPECT_TRUE(mentions(help, "A,B "));
    EXPECT_FALSE(mentions(help, "A,B ..."));
  }
}

TEST(Eval, NamesWhatIsWrong) {
  const eval_folder folder;
  std::filesystem::create_directory(folder / "empty");
  write_video(folder / "one.png", {16, 16, {std::vector<uint8_t>(16 * 16 * 3)}});
  std::filesystem::create_directory(folder / "small");
  put_moving_square(folder / "small/moving.gif", 32, 48, 8);
  folder.put("text.gif", "not a clip");
  std::filesystem::create_directory(folder / "broken");
  folder.put("broken/0.png", "not a picture");
  folder.put("prompts.txt", "one\ntwo\nthree\n");
  refuse(folder, {"nowhere.gif"}, 3, {"nowhere.gif", "no such file"});
  refuse(folder, {"empty"}, 3, {"empty", "no clips"});
  refuse(folder, {"one.png"}, 3, {"one.png", "one frame"});
  refuse(folder, {"text.gif"}, 3, {"error: text.gif: not a GIF"});
  refuse(folder, {"broken"}, 3, {"error: broken/0.png: not a GIF"});
  refuse(folder, {"clips", "--reference", "small"}, 3, {"moving.gif", "32 x 48", "48 x 48"});
  refuse(folder, {"clips", "--reference", "nowhere"}, 3, {"nowhere"});
  refuse(folder, {"clips", "--prompts", "prompts.txt"}, 3, {"prompts.txt", "3 prompts for 2 clips"});
  refuse(folder, {"clips", "--metrics", "frame_snr"}, 2, {"unknown metric 'frame_snr'", "frame_psnr"});
  refuse(folder, {"clips", "--metrics", "tof:method=raft"}, 2, {"unknown flow method 'raft'"});
  refuse(folder, {"clips", "--metrics", "frame_psnr:window=7"}, 2, {"window"});
  refuse(folder, {"clips", "--metrics", "frame_psnr,frame_psnr"}, 2, {"named twice"});
  refuse(folder, {"clips", "--metric-weights", "nowhere"}, 2, {"--metric_weights", "nowhere"});
  refuse(folder, {"clips", "--json", "nowhere/scores.json"}, 1, {"nowhere/scores.json"});
  refuse(folder, {"clips", "--json", "x", "--csv", "./x"}, 2, {"--json and --csv: both are x"});
  refuse(folder, {"clips", "--fps", "-1"}, 2, {"--fps: got -1"});
  EXPECT_EQ(run({{"eval"}}).exit_code, 2);
}

}  // namespace
}  // namespace zoetrope
