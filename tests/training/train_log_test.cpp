#include "training/train_log.hpp"

#include <hdf5.h>

#include "core/io/hdf5_file.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

using steps = std::vector<int64_t>;
using values = std::vector<double>;

TEST(TrainLog, NumbersStandInTheFileByTag) {
  const temporary_folder folder;
  train_log log(folder / "run");
  log.scalar("loss/total", 1, 0.5);
  log.scalar("loss/total", 2, 0.25);
  log.scalar("loss", 2, 3);
  EXPECT_FALSE(std::filesystem::exists(log.curves_file()));
  log.save();

  const hdf5_reader file(folder / "run/train.h5");
  EXPECT_EQ(file.dataset<int64_t>("/train/loss/total/step").values, (steps{1, 2}));
  EXPECT_EQ(file.dataset<double>("/train/loss/total/value").values, (values{0.5, 0.25}));
  EXPECT_EQ(file.dataset<double>("/train/loss/value").values, values{3});
  EXPECT_GT(file.dataset<double>("/train/loss/wall_time").values.at(0), 1.7e9);

  const train_curves read = read_train_curves(log.curves_file());
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read.at("loss/total").wall_time, log.curves().at("loss/total").wall_time);
}

TEST(TrainLog, AResumedRunKeepsWhatWasThereUpToItsStep) {
  const temporary_folder folder;
  {
    train_log log(folder / "run");
    for (const int64_t step : {10, 20, 30}) log.scalar("loss", step, static_cast<double>(step));
    log.scalar("late", 30, 1);
    log.save();
  }
  train_log resumed(folder / "run", 20);
  resumed.scalar("loss", 30, 31);
  resumed.save();
  const train_curves read = read_train_curves(resumed.curves_file());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read.at("loss").step, (steps{10, 20, 30}));
  EXPECT_EQ(read.at("loss").value, (values{10, 20, 31}));

  train_log fresh(folder / "run");
  fresh.scalar("other", 1, 1);
  fresh.save();
  EXPECT_EQ(read_train_curves(fresh.curves_file()).count("loss"), 0u);
  EXPECT_TRUE(train_log(folder / "none", 20).curves().empty());
}

TEST(TrainLog, ClipsAreGifsInTheEvents) {
  const temporary_folder folder;
  train_log log(folder / "run");
  rgb_frames clip{8, 6, {}};
  for (int i = 0; i < 3; ++i) clip.frames.emplace_back(8 * 6 * 3, static_cast<uint8_t>(80 * i));
  log.clip("validation/0", 5, clip, 300);
  log.text("prompts", 5, "a red circle");
  std::string events;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run"))
    events += bytes_of(entry.path());
  EXPECT_TRUE(mentions(events, "validation/0"));
  EXPECT_TRUE(mentions(events, "a red circle"));
  const std::size_t begin = events.find("GIF89a");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(events.substr(begin + 6, 4), std::string("\x08\0\x06\0", 4));  // its width and height
  EXPECT_TRUE(mentions(events.substr(begin), "NETSCAPE2.0"));              // it loops: more than one frame
}

TEST(TrainLog, TagsThatAreNoneAreErrors) {
  const temporary_folder folder;
  train_log log(folder / "run");
  for (const char* tag : {"", "/loss", "loss/", "a//b", "a/../b", "loss/step", "value"})
    EXPECT_TRUE(mentions(failure_of([&] { log.scalar(tag, 1, 1); }), "usage: train log: '")) << tag;
  EXPECT_TRUE(log.curves().empty());
}

TEST(TrainLog, AFileThatIsNoneIsAnError) {
  const temporary_folder folder;
  folder.put("run/train.h5", "not HDF5");
  EXPECT_TRUE(mentions(failure_of([&] { train_log(folder / "run", 5); }), "bad_input: "));
  hdf5_writer other(folder / "other.h5");
  other.attribute("/", "schema", "something");
  other.attribute("/", "schema_version", 1);
  other.finish();
  EXPECT_TRUE(mentions(failure_of([&] { read_train_curves(folder / "other.h5"); }),
                       "wanted a zoetrope-train-log of version 1"));
}

// A group that holds itself under two names: paths without end, twice as many at each step.
TEST(TrainLog, GroupsThatHoldThemselvesAreAnError) {
  const temporary_folder folder;
  const std::string file = folder / "train.h5";
  write_train_curves(file, {{"loss", {{1}, {0.5}, {9}}}});
  const hid_t open = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  for (const char* name : {"/train/a", "/train/b"})
    ASSERT_GE(H5Lcreate_hard(open, "/train", open, name, H5P_DEFAULT, H5P_DEFAULT), 0);
  H5Fclose(open);
  const std::string told = failure_of([&] { read_train_curves(file); });
  EXPECT_TRUE(mentions(told, "bad_input: ")) << told;
  EXPECT_TRUE(mentions(told, "train.h5: /train/a/a")) << told;
  EXPECT_TRUE(mentions(told, "nested deeper than 64")) << told;
}

}  // namespace
}  // namespace zoetrope
