// `zoetrope train` as a user meets it: flags of fine_tune.py, folders of clips, wrong inputs.
#include <gtest/gtest.h>

#include "core/config.hpp"
#include "core/io/image.hpp"
#include "tests/cli/program.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

program_result ran(std::vector<std::string> arguments) {
  return run({.arguments = std::move(arguments), .folder = std::filesystem::temp_directory_path()});
}

// Folders as fine_tune.py reads them: a dark square on a bright ground, a pixel further in each frame.
void put_clips(const temporary_folder& folder, int clips, int frames) {
  for (int clip = 0; clip < clips; ++clip) {
    const auto sample = folder / ("data/sample_" + std::to_string(clip));
    std::filesystem::create_directories(sample);
    for (int frame = 0; frame < frames; ++frame) {
      rgb_image picture{40, 40, std::vector<uint8_t>(40 * 40 * 3, 230)};
      for (int y = 10; y < 20; ++y)
        for (int x = 5 + frame; x < 15 + frame; ++x) picture.pixels[(y * 40 + x) * 3 + clip % 3] = 20;
      write_jpeg(sample / (std::to_string(frame) + ".jpg"), picture);
    }
    folder.put("data/sample_" + std::to_string(clip) + "/prompt.txt", "a square moving right");
  }
}

std::vector<std::string> fine_tune(const temporary_folder& folder, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"train",
                                        "--pretrained_model_name_or_path",
                                        ZOETROPE_SOURCE_DIR "/assets/tiny",
                                        "--data_dir",
                                        folder / "data",
                                        "--set",
                                        "data={\"type\":\"frame_folders\",\"folder\":\"" +
                                            (folder / "data").string() + "\",\"width\":32,\"height\":32}",
                                        "--output_dir",
                                        folder / "out",
                                        "--train_batch_size",
                                        "2",
                                        "--max_train_steps",
                                        "2",
                                        "-q"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Train, FineTunesTemporalLayersOnFoldersOfClips) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  const program_result trained = ran(fine_tune(folder));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.out.find((folder / "out" / "model").string()), std::string::npos);
  const program_result made =
      ran({"generate", "--pretrained_path", folder / "out" / "model", "--prompt", "a red circle moving left",
           "--steps", "2", "--output", folder / "clip.gif", "-q"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(ran(fine_tune(folder)).exit_code, 2);  // the folder holds a run
  EXPECT_EQ(ran(fine_tune(folder, {"--resume", "latest"})).exit_code, 0);
}

TEST(Train, TellsAllThatIsWrongWithTheDataAtOnce) {
  const temporary_folder folder;
  put_clips(folder, 3, 8);
  std::filesystem::remove(folder / "data/sample_0/prompt.txt");
  folder.put("data/sample_1/3.jpg", "no picture");
  const program_result refused = ran(fine_tune(folder));
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.err.find("sample_0"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("sample_1"), std::string::npos) << refused.err;
  EXPECT_TRUE(mentions(refused.err, "2 of 3 clips cannot be used; skip_bad: true (--skip-bad)"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(Train, SkipBadGoesOnWithTheOtherClipsAndCountsThem) {
  const temporary_folder folder;
  put_clips(folder, 4, 8);
  std::filesystem::remove(folder / "data/sample_0/prompt.txt");
  folder.put("data/sample_0/3.jpg", "no picture");  // a second problem of the same clip
  folder.put("data/sample_1/3.jpg", "no picture");
  const json data = {{"type", "frame_folders"}, {"folder", folder / "data"}, {"width", 32}, {"height", 32}};
  const json stage = {
      {"name", "only"}, {"data", data}, {"validation", data}, {"steps", 1}, {"batch_size", 2}};
  folder.put("two.json", json{{"model", {{"pretrained", tiny_model}}}, {"stages", {stage}}}.dump());
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{{"--dry_run"}, {}}) {
    std::vector<std::string> arguments = {"train", folder / "two.json", "--skip-bad", "--output_dir",
                                          folder / "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const program_result trained = ran(arguments);
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const std::string count = (folder / "data").string() + ": 2 of 4 clips are left out\n  sample_0: ";
    const std::size_t first = trained.err.find(count);
    ASSERT_NE(first, std::string::npos) << trained.err;
    const std::size_t second = trained.err.find(count, first + 1);  // of the validation
    ASSERT_NE(second, std::string::npos) << trained.err;
    EXPECT_EQ(trained.err.find(count, second + 1), std::string::npos) << trained.err;
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "out/only/model"));
}

TEST(Train, ADryRunWritesNothing) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  const std::string cache = "cache=" + (folder / "cache").string();
  EXPECT_EQ(ran(fine_tune(folder, {"--dry_run", "--set", cache})).exit_code, 0);
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"data"});
}

TEST(Train, AnOptionIsNotTheFoldersName) {
  const temporary_folder folder;
  const program_result refused = run({{"train", "--output_dir", "--dry_run"}, folder.path()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(mentions(refused.err, "--output_dir: got '--dry_run', which is an option; wanted a value"));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

// As on a full disk: no file may grow beyond 256 blocks.
TEST(Train, SaysWhatToDoWhereTheDiskIsFull) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  std::string script = "trap '' XFSZ; ulimit -f 256; exec '" ZOETROPE_PROGRAM "'";
  for (const std::string& each : fine_tune(folder)) script += " '" + each + "'";
  script += " 2> '" + (folder / "told").string() + "'";
  EXPECT_EQ(WEXITSTATUS(std::system(("sh " + folder.put("script", script).string()).c_str())), 1);
  const std::string told = bytes_of(folder / "told");
  EXPECT_TRUE(mentions(told, "File too large; make room there, then --resume auto goes on"));
}

// As tests/cli/low_memory_test.cpp.
TEST(Train, SaysWhatToDoWhereMemoryIsShort) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers map more than any limit";
#endif
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  const program_result refused =
      run({.arguments =
               fine_tune(folder, {"--set", "data.width=512", "--set", "data.height=512", "--threads", "1"}),
           .folder = folder.path(),
           .address_space = std::size_t{2} << 30});
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_TRUE(mentions(refused.err, "; more micro_batches or recompute: true take less memory"));
}

// The shortest config, which leaves everything else at its default; with and without flags over it.
TEST(Train, AConfigNeedsNoMoreThanAModelAndData) {
  const temporary_folder folder;
  folder.put(
      "short.yaml",
      concat("model: {pretrained: ", tiny_model.string(),
             "}\ndata: {type: shapes, width: 32, height: 32, examples: 4}\nsteps: 1\nbatch_size: 1\n"));
  const auto train = [&](const std::string& output, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"train", folder / "short.yaml", "--output_dir", folder / output,
                                          "-q"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ran(arguments);
  };
  EXPECT_EQ(train("a", {}).exit_code, 0) << train("a2", {}).err;
  EXPECT_EQ(train("b", {"--learning_rate", "1e-4"}).exit_code, 0);
  EXPECT_EQ(train("c", {"--set", "precision=f16"}).exit_code, 0);
  EXPECT_EQ(train("d", {"--mixed_precision", "bf16", "--scale_lr"}).exit_code, 0);
}

TEST(Train, NullTakesAKeyAwayThatIsThere) {
  const temporary_folder folder;
  const auto dry = [](std::vector<std::string> sets) {
    std::vector<std::string> arguments = {"train", "--pretrained_model_name_or_path", tiny_model, "--dry_run",
                                          "-q"};
    for (const std::string& each : sets) arguments.insert(arguments.end(), {"--set", each});
    return ran(arguments);
  };
  const std::vector<std::string> shapes = {"data.type=shapes", "data.width=32", "data.height=32",
                                           "device=cpu"};
  std::vector<std::string> without = shapes;
  without.insert(without.end(), {"data.resolution=null", "data.aspect_ratio=null"});
  EXPECT_TRUE(mentions(dry(shapes).err, "nothing reads $.data.aspect_ratio"));
  EXPECT_EQ(dry(without).exit_code, 0) << dry(without).err;
  without.push_back("data.resolutoin=null");  // nothing that is there
  EXPECT_TRUE(mentions(dry(without).err, "nothing reads $.data.resolutoin"));
}

// fine_tune.py's own default.
TEST(Train, ReportsToTensorBoardWhereWandbIsAskedFor) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  std::vector<std::string> arguments = fine_tune(folder, {"--report_to", "wandb", "--dry_run"});
  std::erase(arguments, "-q");
  const program_result told = ran(arguments);
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_TRUE(mentions(told.err, "--report_to wandb: nothing is sent"));
}

TEST(Train, SaysWhatIsMissingBeforeItLoadsAModel) {
  const program_result refused =
      ran({"train", "--pretrained_model_name_or_path", "/nowhere", "--output_dir", "/nowhere"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err, "zoetrope: error: train: --data_dir is required where no config is given\n");
}

TEST(Train, NamesTheFlagOfAWarmUpThatIsTooLong) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  const program_result refused = ran(fine_tune(folder, {"--lr_scheduler", "cosine"}));
  EXPECT_TRUE(
      mentions(refused.err, "warmup_steps (--lr_warmup_steps): got 500, wanted less than the run's 2 steps"));
}

TEST(Train, ShowsTheLossAndOnlyTimesThatItKnows) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  std::vector<std::string> arguments = fine_tune(folder);
  std::erase(arguments, "-q");
  const program_result trained = ran(arguments);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_TRUE(mentions(trained.err, "training 1/2 steps, loss "));
  EXPECT_TRUE(mentions(trained.err, ", ? s a step, ? left\n"));
  EXPECT_TRUE(mentions(trained.err, "training 2/2 steps, loss "));
}

TEST(Train, NamesThePlaceOfAnErrorOnce) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  const program_result refused = ran(fine_tune(folder, {"--set", "train=[\"unet.tempral*\"]"}));
  EXPECT_TRUE(refused.err.starts_with("zoetrope: error: train: no parameter is called unet.tempral*"))
      << refused.err;
}

TEST(Train, WarnsOfADamagedCheckpointEvenIfQuiet) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  ASSERT_EQ(ran(fine_tune(folder)).exit_code, 0);
  std::filesystem::remove_all(folder / "out/model");
  folder.put("out/checkpoints/step-00000002/weights.safetensors", "damaged");
  EXPECT_TRUE(mentions(ran(fine_tune(folder, {"--resume", "auto"})).err, "warning: checkpoint "));
}

TEST(Train, WrongFlagsAreUsage) {
  const temporary_folder folder;
  put_clips(folder, 2, 8);
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--mixed_precision", "fp8"},
                                             {"--learning_rate", "fast"},
                                             {"--resume", "sometimes"},
                                             {"--report_to", "paper"},
                                             {"--resume", "latest"}}) {
    const program_result refused = ran(fine_tune(folder, wrong));
    EXPECT_EQ(refused.exit_code, 2) << wrong[0] << ": " << refused.err;
  }
}

}  // namespace
}  // namespace zoetrope
