// `zoetrope atlas` as seen from outside.
#include "core/io/hdf5_file.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

constexpr const char* small = "{prompt: a red circle, steps: 2, width: 32, height: 32, video_length: 4}";

TEST(Atlas, TellsEveryHeadAndWritesEveryStep) {
  const temporary_folder folder;
  folder.put("a.yaml", small);
  const auto told = run({{"atlas", "a.yaml", "--output", "a.h5"}, folder.path()});
  ASSERT_EQ(told.exit_code, 0) << told.err;
  EXPECT_TRUE(mentions(told.out, "entropy"));
  EXPECT_TRUE(mentions(told.out, "means over 2 steps"));
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"a.h5", "a.yaml"}));

  const auto tree = run({{"atlas", "a.yaml", "--json"}, folder.path()}).json();
  const hdf5_reader file(folder / "a.h5");
  ASSERT_EQ(tree.at("layers").size(), file.children("/layers").size());
  for (const auto& layer : tree.at("layers")) {
    const auto stored = file.dataset<double>("/layers/" + layer.at("layer").get<std::string>() + "/diagonal");
    const auto first = layer.at("steps")[0].at("diagonal").get<std::vector<double>>();
    ASSERT_EQ(stored.shape, (hdf5_shape{2, first.size()}));
    EXPECT_EQ(stored.values[0], first[0]);
  }
}

TEST(Atlas, WhatHasNoTemporalAttentionIsRefused) {
  const temporary_folder folder;
  folder.put("a.yaml", small);
  const auto told = run({{"atlas", "a.yaml", "--set", "unet.temporal.type=conv"}, folder.path()});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(mentions(told.err, "no attention of the layout 'temporal'"));
  EXPECT_EQ(run({{"atlas", "a.yaml", "--layer", "nowhere"}, folder.path()}).exit_code, 2);
}

}  // namespace
}  // namespace zoetrope
