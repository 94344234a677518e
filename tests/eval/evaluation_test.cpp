// Clips through the metrics: all are looked at first, and results are measured as they were.
#include "eval/evaluation.hpp"

#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

rgb_frames grey_clip(int side, int frames) {
  return {side, side, std::vector(frames, std::vector<std::uint8_t>(side * side * 3, 90))};
}

metric_suite psnr_suite() { return metric_suite({config(json{{"type", "psnr"}})}); }

class Evaluation : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"clips", "references"}) std::filesystem::create_directory(folder_ / name);
    write_video(folder_ / "clips/a.gif", grey_clip(24, 3));
    write_video(folder_ / "clips/b.gif", grey_clip(24, 3));
    write_video(folder_ / "references/a.gif", grey_clip(24, 3));
  }
  evaluation_request request(const std::string& clips = "clips") const {
    return {.clips = clips_in(folder_ / clips), .references = clips_in(folder_ / "references")};
  }
  std::string place(const std::string& name) const { return (folder_ / name).string(); }
  temporary_folder folder_;
};

TEST_F(Evaluation, NamesAllBadFilesBeforeAnyIsMeasured) {
  const std::string whole = bytes_of(folder_ / "clips/a.gif");
  folder_.put("clips/cut.gif", whole.substr(0, whole.size() - 1));
  std::filesystem::create_directory(folder_ / "clips/one");
  write_video(folder_ / "clips/one/0.png", grey_clip(24, 1));
  write_video(folder_ / "clips/wide.gif", grey_clip(32, 3));
  write_video(folder_ / "references/wide.gif", grey_clip(24, 3));
  folder_.put("references/text.gif", "text");
  std::size_t measured = 0;
  evaluation_request all = request();
  all.on_clip = [&](std::size_t done, std::size_t) { measured = std::max(measured, done); };
  const std::string failure = failure_of([&] { evaluate(all, psnr_suite(), {}); });
  EXPECT_EQ(measured, 0u);
  EXPECT_TRUE(failure.starts_with("bad_input: 4 files cannot be used: ")) << failure;
  EXPECT_TRUE(mentions(failure, place("clips/cut.gif") + ": the GIF is cut"));
  EXPECT_TRUE(mentions(failure, place("clips/one") + ": a clip of one frame"));
  EXPECT_TRUE(mentions(failure, place("clips/wide.gif") +
                                    ": the reference has 3 frames of 24 x 24, the clip 3 frames of 32 x 32"));
  EXPECT_TRUE(mentions(failure, place("references/text.gif") + ": not a GIF"));
}

TEST_F(Evaluation, SaysWhichReferenceIsMissingAndWhichIsNotOneAlone) {
  const evaluation done = evaluate(request(), psnr_suite(), {});
  EXPECT_EQ(done.clips[0].scores.find("psnr")->per_video, 100);
  EXPECT_EQ(done.clips[1].scores.unavailable.at("psnr"),
            "needs a reference named 'b' in " + place("references"));
  write_video(folder_ / "references/a.mp4", grey_clip(24, 3));
  EXPECT_TRUE(
      mentions(failure_of([&] { evaluate(request(), psnr_suite(), {}); }), "two references named 'a'"));
}

TEST_F(Evaluation, AResultIsMeasuredWithItsPromptAndRate) {
  result cell = made_result({.side = 24, .length = 3}, 0, 0, 0);
  cell.config["generation"]["video_duration"] = 250;
  write_result(folder_ / "one.h5", cell);
  evaluation_request of_result{.clips = clips_in(folder_ / "one.h5")};
  const metric_suite suite({config(json{{"type", "frame_psnr"}})});
  const evaluated_clip measured = evaluate(of_result, suite, {}).clips.front();
  EXPECT_EQ(measured.name, "one");
  EXPECT_EQ(measured.prompt, cell.prompt);
  EXPECT_EQ(measured.fps, 12);
  EXPECT_EQ(measured.frames, 3);
  of_result.prompts = {"another"};
  EXPECT_EQ(evaluate(of_result, suite, {}).clips.front().prompt, "another");
}

}  // namespace
}  // namespace zoetrope
