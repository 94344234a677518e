#include "core/io/safetensors_writer.hpp"

#include <algorithm>

#include "tests/core/io/stored_bytes.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

TEST(SafetensorsWriter, EqualContentGivesEqualBytesWhateverTheOrder) {
  const temporary_folder folder;
  const std::string floats(24, 'f'), bytes = "abc", half = "hh";
  std::vector<stored_tensor> tensors = {{"odd", element_type::u8, {3}, span_of(bytes)},
                                        {"w", element_type::f32, {2, 3}, span_of(floats)},
                                        {"h", element_type::f16, {}, span_of(half)},
                                        {"e", element_type::i64, {0}, {}}};
  write_safetensors(folder / "a", tensors, {{"format", "pt"}, {"a", "ü"}});
  std::reverse(tensors.begin(), tensors.end());
  write_safetensors(folder / "b", tensors, {{"a", "ü"}, {"format", "pt"}});
  EXPECT_EQ(bytes_of(folder / "a"), bytes_of(folder / "b"));

  const auto file = safetensors_file::open(folder / "a");
  write_safetensors(folder / "c", file.tensors(), file.metadata());
  EXPECT_EQ(bytes_of(folder / "a"), bytes_of(folder / "c"));
  EXPECT_EQ(text_of(file.find("odd")->bytes), "abc");
  for (const auto& tensor : file.tensors())
    EXPECT_EQ((tensor.bytes.data() - file.mapping()->bytes().data()) % size_of(tensor.type), 0u)
        << tensor.name;
}

TEST(SafetensorsWriter, SavingOverAFileThatIsMappedLeavesTheMappingIntact) {
  const temporary_folder folder;
  const std::string old_data(4096, 'o'), new_data(100, 'n');
  write_safetensors(folder / "a", {{"t", element_type::u8, {4096}, span_of(old_data)}});
  const auto file = safetensors_file::open(folder / "a");
  write_safetensors(folder / "a", {{"t", element_type::u8, {100}, span_of(new_data)}});
  EXPECT_EQ(text_of(file.find("t")->bytes), old_data);
  EXPECT_EQ(text_of(safetensors_file::open(folder / "a").find("t")->bytes), new_data);
}

TEST(SafetensorsWriter, AWrongTensorIsRefusedAndNothingIsWritten) {
  const temporary_folder folder;
  folder.put("a", "old");
  const std::string data(4, 'x');
  const auto failure = [&](const std::vector<stored_tensor>& tensors) {
    return failure_of([&] { write_safetensors(folder / "a", tensors); });
  };
  const stored_tensor right{"t", element_type::f32, {1}, span_of(data)};
  EXPECT_TRUE(mentions(failure({{"t", element_type::f32, {2}, span_of(data)}}),
                       "has 4 bytes, not what F32 [2] takes"));
  EXPECT_TRUE(
      mentions(failure({{"t", element_type::f32, {-1}, span_of(data)}}), "has the impossible shape [-1]"));
  EXPECT_TRUE(mentions(failure({right, right}), "'t' is given twice"));
  EXPECT_EQ(bytes_of(folder / "a"), "old");
  EXPECT_TRUE(mentions(failure_of([&] { write_safetensors(folder / "none/a", {right}); }), "runtime: "));
}

TEST(SafetensorsWriter, TensorsMayBeWrittenOneByOneInAnyOrder) {
  const temporary_folder folder;
  const std::string floats(24, 'f'), bytes = "abc";
  const std::vector<tensor_entry> entries = {{"odd", element_type::u8, {3}},
                                             {"w", element_type::f32, {2, 3}}};
  {
    safetensors_writer output(folder / "a", entries, {{"format", "pt"}});
    output.write(span_of(bytes));
    EXPECT_TRUE(mentions(failure_of([&] { output.commit(); }), "1 of 2 tensors are written"));
    EXPECT_TRUE(mentions(failure_of([&] { output.write(span_of(bytes)); }), "'w' has 3 bytes"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  safetensors_writer output(folder / "a", entries, {{"format", "pt"}});
  output.write(span_of(bytes));
  output.write(span_of(floats));
  EXPECT_TRUE(mentions(failure_of([&] { output.write(span_of(bytes)); }), "more than 2 tensors"));
  output.commit();
  const auto file = safetensors_file::open(folder / "a");
  EXPECT_EQ(text_of(file.find("odd")->bytes), bytes);
  EXPECT_EQ(text_of(file.find("w")->bytes), floats);
  EXPECT_EQ(file.find("w")->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file.metadata().at("format"), "pt");
}

}  // namespace
}  // namespace zoetrope
