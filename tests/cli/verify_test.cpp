// `zoetrope verify`: right numbers pass, a planted wrong one and an unknown one fail.
#include <cstring>

#include "core/io/safetensors.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

const std::filesystem::path small_case = goldens / "01_hotshot_modules/downsample3d";

// A copy of a small case whose outputs `change` may touch.
template <class Change>
void plant(const temporary_folder& folder, Change&& change) {
  std::filesystem::copy(small_case, folder / "case", std::filesystem::copy_options::recursive);
  const auto original = safetensors_file::open(small_case / "outputs.safetensors");
  std::vector<std::vector<std::byte>> owned;
  std::vector<stored_tensor> tensors = original.tensors();
  for (stored_tensor& tensor : tensors) {
    owned.emplace_back(tensor.bytes.begin(), tensor.bytes.end());
    tensor.bytes = owned.back();
  }
  change(tensors, owned);
  std::filesystem::remove(folder / "case/outputs.safetensors");
  write_safetensors(folder / "case/outputs.safetensors", tensors);
}

TEST(Verify, ARightCaseIsOneLineAndExitZero) {
  const auto result = run({{"verify", small_case.string()}});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(result.out.starts_with("ok ")) << result.out;
  EXPECT_TRUE(mentions(result.out, "hotshot_module"));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
}

TEST(Verify, APlantedWrongNumberFails) {
  const temporary_folder folder;
  plant(folder, [](auto& tensors, auto& owned) {
    float value;
    std::memcpy(&value, owned[0].data() + 8, sizeof value);
    value += 0.01f;
    std::memcpy(owned[0].data() + 8, &value, sizeof value);
    tensors[0].bytes = owned[0];
  });
  const auto result = run({{"verify", "case"}, folder.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(result.out.starts_with("FAIL ")) << result.out;
}

TEST(Verify, AnOutputThatTheRunnerDoesNotKnowFails) {
  const temporary_folder folder;
  plant(folder, [](auto& tensors, auto& owned) {
    tensors.push_back(tensors[0]);
    tensors.back().name = "something_new";
    tensors.back().bytes = owned[0];
  });
  const auto result = run({{"verify", "case"}, folder.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.out, "something_new"));
}

TEST(Verify, AMissingOutputFails) {
  const temporary_folder folder;
  plant(folder, [](auto& tensors, auto&) { tensors.erase(tensors.begin()); });
  EXPECT_EQ(run({{"verify", "case"}, folder.path()}).exit_code, 1);
}

TEST(Verify, OneBadCaseAmongGoodOnesDecides) {
  const temporary_folder folder;
  plant(folder, [](auto& tensors, auto&) { tensors.erase(tensors.begin()); });
  const auto result = run({{"verify", small_case.string(), folder.path().string(), "--json"}});
  EXPECT_EQ(result.exit_code, 1);
  ASSERT_EQ(result.json().size(), 2u);
  EXPECT_EQ(result.json()[0]["ok"], true);
  EXPECT_EQ(result.json()[1]["ok"], false);
}

TEST(Verify, AFolderWithoutCasesIsABadInput) {
  const temporary_folder folder;
  EXPECT_EQ(run({{"verify", folder.path().string()}}).exit_code, 3);
  EXPECT_EQ(run({{"verify", (folder / "absent").string()}}).exit_code, 3);
}

}  // namespace
}  // namespace zoetrope
