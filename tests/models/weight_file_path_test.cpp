#include "models/weight_file_path.hpp"

#include <gtest/gtest.h>

#include "foreign_parts.hpp"

namespace zoetrope {
namespace {

const tensor_map one_tensor = {{"a", at::ones({2})}};

TEST(WeightFilePath, TakesAFileOrTheOnlyOneOfAFolder) {
  const temporary_folder folder;
  put_tensors(folder, "some.safetensors", one_tensor);
  EXPECT_NE(open_weight_file(folder / "some.safetensors").find("a"), nullptr);
  EXPECT_EQ(open_weight_file(folder.path()).path().filename(), "some.safetensors");
}

TEST(WeightFilePath, PrefersTheUsualNameInAFolder) {
  const temporary_folder folder;
  put_tensors(folder, "a.safetensors", one_tensor);
  put_tensors(folder, "usual.safetensors", one_tensor);
  EXPECT_EQ(open_weight_file(folder.path(), {"usual.safetensors"}).path().filename(), "usual.safetensors");
  const std::string failure = failure_of([&] { open_weight_file(folder.path(), {"other.safetensors"}); });
  EXPECT_TRUE(mentions(failure, "bad_input: "));
  EXPECT_TRUE(mentions(failure, "got 2 .safetensors files, wanted one or other.safetensors"));
  EXPECT_TRUE(mentions(failure, "a.safetensors, usual.safetensors"));
}

TEST(WeightFilePath, RefusesPicklesAndWhatIsNotThere) {
  const temporary_folder folder;
  for (const char* name : {"a.ckpt", "a.bin", "a.pt", "a.pth"}) {
    folder.put(name, "x");
    EXPECT_TRUE(mentions(failure_of([&] { open_weight_file(folder / name); }), "pickles can run code"));
  }
  EXPECT_TRUE(mentions(failure_of([&] { open_weight_file(folder / "none.safetensors"); }), "no such file"));
  EXPECT_TRUE(mentions(failure_of([&] { open_weight_file(folder.path()); }), "got 0 .safetensors files"));
}

}  // namespace
}  // namespace zoetrope
