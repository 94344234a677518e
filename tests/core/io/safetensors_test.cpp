#include "core/io/safetensors.hpp"

#include <algorithm>

#include "tests/core/io/stored_bytes.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

std::string open_failure(const std::string& bytes) {
  const temporary_folder folder;
  return failure_of([&] { safetensors_file::open(folder.put("x.safetensors", bytes)); });
}
// The failure of a file whose one tensor "t" is described so.
std::string tensor_failure(const std::string& description, const std::string& data = std::string(8, 'd')) {
  return open_failure(stored_bytes("{\"t\":" + description + "}", data));
}

const std::string small_header =
    R"({"__metadata__":{"format":"pt"},"b.w":{"dtype":"F32","shape":[2,3],"data_offsets":[3,27]},)"
    R"("a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"s":{"dtype":"F16","shape":[],"data_offsets":[27,29]},)"
    R"("e":{"dtype":"I64","shape":[0,7],"data_offsets":[29,29]}} )";
const std::string small_data = "abcdefghijklmnopqrstuvwxyzABC";

TEST(Safetensors, TensorsComeInTheOrderOfTheirBytes) {
  const temporary_folder folder;
  const auto file = safetensors_file::open(folder.put("x", stored_bytes(small_header, small_data)));
  ASSERT_EQ(file.tensors().size(), 4u);
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.tensors()[1].shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(text_of(file.tensors()[1].bytes), small_data.substr(3, 24))
      << "unaligned data is taken as it lies";
  EXPECT_EQ(file.find("s")->type, element_type::f16);
  EXPECT_TRUE(file.find("s")->shape.empty());
  EXPECT_TRUE(file.find("e")->bytes.empty());
  EXPECT_EQ(file.find("none"), nullptr);
  EXPECT_EQ(file.metadata().at("format"), "pt");
}

TEST(Safetensors, EveryElementTypeIsKnownByItsName) {
  const std::pair<const char*, int> types[] = {{"F64", 8}, {"F32", 4},  {"F16", 2},     {"BF16", 2},
                                               {"I64", 8}, {"I32", 4},  {"I16", 2},     {"I8", 1},
                                               {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  for (const auto& [name, size] : types) {
    const temporary_folder folder;
    const auto file = safetensors_file::open(
        folder.put("x", stored_bytes(concat("{\"t\":{\"dtype\":\"", name,
                                            "\",\"shape\":[2],\"data_offsets\":[0,", 2 * size, "]}}"),
                                     std::string(2 * size, '\0'))));
    EXPECT_STREQ(name_of(file.tensors()[0].type), name);
  }
}

TEST(Safetensors, AFileThatIsNoneIsRefused) {
  EXPECT_TRUE(mentions(open_failure(""), "x.safetensors: not a safetensors file: 0 bytes"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes(1, "{}", "")), "header length at byte 0 is 1"));
  EXPECT_TRUE(
      mentions(open_failure(stored_bytes(100'000'001, "{}", "")), "header length at byte 0 is 100000001"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes(~0ull, "{}", "")), "18446744073709551615"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes(3, "{}", "")),
                       "truncated: the header takes bytes 8 to 11, the file has 10"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes(" {}")), "does not begin with '{'"));
  EXPECT_TRUE(mentions(open_failure("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
                       "git lfs pull"));
}

TEST(Safetensors, ABrokenHeaderIsRefused) {
  for (const char* header : {"{", "{]", "{\"t\"}", "{}}", "{} x", "{\"t\":{},}", "{\"\xff\":{}}", "{'t':{}}"})
    EXPECT_TRUE(mentions(open_failure(stored_bytes(header)), "bad_input: ")) << header;
  EXPECT_TRUE(mentions(open_failure(stored_bytes(std::string("{}\0{}", 5))), "NUL"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes(R"({"t":5})")), "'t': a number does not belong there"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes(R"({"t":[]})")), "a list does not belong there"));
  std::string deep = "{\"t\":{\"shape\":";
  EXPECT_TRUE(mentions(open_failure(stored_bytes(deep + std::string(1'000'000, '['))),
                       "a list does not belong there"));
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  EXPECT_TRUE(mentions(open_failure(stored_bytes(deep)), "an object does not belong there"));
}

TEST(Safetensors, ATensorThatIsNotDescribedAsItMustBeIsRefused) {
  const auto f32 = [](const std::string& rest) { return tensor_failure(R"({"dtype":"F32",)" + rest + "}"); };
  EXPECT_EQ(f32(R"("shape":[2],"data_offsets":[0,8])"), "no error");
  EXPECT_TRUE(mentions(tensor_failure("{}"),
                       "tensor 't': wanted dtype, shape and data_offsets, got no complete dtype"));
  EXPECT_TRUE(mentions(f32(R"("shape":[2])"), "got no complete data_offsets"));
  EXPECT_TRUE(mentions(f32(R"("data_offsets":[0,8])"), "got no complete shape"));
  EXPECT_TRUE(
      mentions(f32(R"("shape":[2],"data_offsets":[0,8],"extra":1)"), "extra is no key of the format"));
  EXPECT_TRUE(mentions(f32(R"("shape":[2],"shape":[2],"data_offsets":[0,8])"), "shape appears twice"));
  EXPECT_TRUE(mentions(f32(R"("shape":[2],"dtype":"F32","data_offsets":[0,8])"), "dtype appears twice"));
  EXPECT_TRUE(mentions(f32(R"("shape":[2],"data_offsets":[0,8],"data_offsets":[0,8])"),
                       "data_offsets appears twice"));
  EXPECT_TRUE(
      mentions(tensor_failure(R"({"dtype":"F12","shape":[2],"data_offsets":[0,8]})"), "dtype is 'F12'"));
  EXPECT_TRUE(mentions(tensor_failure(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})"), "dtype: a number"));
  EXPECT_TRUE(mentions(f32(R"("shape":2,"data_offsets":[0,8])"), "shape: a number does not belong"));
  EXPECT_TRUE(mentions(f32(R"("shape":[[2]],"data_offsets":[0,8])"), "shape: a list does not belong"));
  EXPECT_TRUE(mentions(f32(R"("shape":["2"],"data_offsets":[0,8])"), "shape: text does not belong"));
  EXPECT_TRUE(mentions(f32(R"("shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8])"), "more than 8 dimensions"));
  EXPECT_TRUE(mentions(f32(R"("shape":null,"data_offsets":[0,8])"), "null does not belong"));
}

TEST(Safetensors, IntegersMustBeExact) {
  for (const char* two : {"2.0", "2e0", "-2", "-0", "18446744073709551618", "true", "null", "\"2\""}) {
    const std::string wrong = concat(R"({"dtype":"F32","shape":[)", two, R"(],"data_offsets":[0,8]})");
    EXPECT_TRUE(mentions(tensor_failure(wrong), "does not belong there")) << two;
  }
  EXPECT_TRUE(mentions(
      tensor_failure(R"({"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]})"), "too large"));
  EXPECT_TRUE(mentions(tensor_failure(R"({"dtype":"F32","shape":[2],"data_offsets":[-0,8]})"),
                       "does not belong there"));
}

TEST(Safetensors, ShapesWhoseProductOverflowsAreRefused) {
  for (const char* shape : {"4611686018427387904", "4294967296,4294967296", "2147483648,2147483648,4",
                            "0,4294967296,4294967296", "9223372036854775807,3"})
    EXPECT_TRUE(
        mentions(tensor_failure(concat(R"({"dtype":"F32","shape":[)", shape, R"(],"data_offsets":[0,8]})")),
                 "is too large"))
        << shape;
}

TEST(Safetensors, BytesMustBeCoveredOnceEach) {
  const auto offsets = [](const char* text) {
    return tensor_failure(concat(R"({"dtype":"F32","shape":[2],"data_offsets":[)", text, "]}"));
  };
  EXPECT_TRUE(mentions(offsets("0,4"), "data_offsets [0, 4] hold 4 bytes, F32 [2] takes 8"));
  EXPECT_TRUE(mentions(offsets("4,12"), "data_offsets begin at 4, a hole: the tensor before ends at 0"));
  EXPECT_TRUE(mentions(offsets("0,8,8"), "wanted [begin, end]"));
  EXPECT_TRUE(mentions(offsets("8"), "wanted [begin, end]"));
  EXPECT_TRUE(mentions(offsets("8,0"), "a hole"));
  EXPECT_TRUE(mentions(offsets("0,18446744073709551615"), "hold 18446744073709551615 bytes"));
  const std::string whole = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_TRUE(mentions(tensor_failure(whole, "seven b"),
                       "truncated: data_offsets end at 8, the file has 7 bytes of data"));
  EXPECT_TRUE(mentions(tensor_failure(whole, "nine byte"), "1 bytes at the end belong to no tensor"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes("{}", "x")), "1 bytes at the end belong to no tensor"));
  const auto two = [](const char* first, const char* second) {
    return open_failure(
        stored_bytes(concat(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[)", first,
                            R"(]},"b":{"dtype":"U8","shape":[4],"data_offsets":[)", second, "]}}"),
                     "12345678"));
  };
  EXPECT_EQ(two("4,8", "0,4"), "no error");
  EXPECT_TRUE(mentions(two("0,4", "3,7"), "an overlap"));
  EXPECT_TRUE(mentions(two("0,4", "0,4"), "an overlap"));
  EXPECT_TRUE(mentions(two("0,4", "5,9"), "a hole"));
}

TEST(Safetensors, AnEmptyTensorMustLieBetweenOthers) {
  const auto with_empty = [](int at) {
    return open_failure(stored_bytes(
        concat(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[0],)",
               R"("data_offsets":[)", at, ",", at, "]}}"),
        "1234"));
  };
  EXPECT_EQ(with_empty(0), "no error");
  EXPECT_EQ(with_empty(4), "no error");
  EXPECT_TRUE(mentions(with_empty(2), "an overlap"));
  EXPECT_TRUE(mentions(with_empty(5), "a hole"));
}

TEST(Safetensors, NamesAndMetadataAreBounded) {
  const std::string scalar = R"({"dtype":"U8","shape":[],"data_offsets":[0,1]})";
  EXPECT_EQ(open_failure(stored_bytes("{\"" + std::string(1024, 'n') + "\":" + scalar + "}", "x")),
            "no error");
  EXPECT_TRUE(mentions(open_failure(stored_bytes("{\"" + std::string(1025, 'n') + "\":" + scalar + "}", "x")),
                       "1025 bytes"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes("{\"t\":" + scalar + ",\"t\":" + scalar + "}", "x")),
                       "'t' appears twice"));
  EXPECT_TRUE(
      mentions(open_failure(stored_bytes(R"({"__metadata__":{"a":1}})")), "__metadata__: 'a': a number"));
  EXPECT_TRUE(
      mentions(open_failure(stored_bytes(R"({"__metadata__":{"a":{}}})")), "an object does not belong"));
  EXPECT_TRUE(
      mentions(open_failure(stored_bytes(R"({"__metadata__":{"a":"1","a":"2"}})")), "'a' appears twice"));
  EXPECT_TRUE(mentions(open_failure(stored_bytes(R"({"__metadata__":{},"__metadata__":{}})")),
                       "'__metadata__' appears twice"));
  EXPECT_EQ(open_failure(stored_bytes("{}")), "no error") << "a file of nothing is a file";
}

TEST(Safetensors, MessagesEscapeWhatTheFileSays) {
  const std::string failure = open_failure(stored_bytes("{\"\\u001b[2J" + std::string(600, 'n') + "\":{}}"));
  EXPECT_TRUE(mentions(failure, "\\x1b[2J"));
  EXPECT_LT(failure.size(), 500u);
}

TEST(Safetensors, NoTruncatedFileIsTaken) {
  const std::string bytes = stored_bytes(small_header, small_data);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_TRUE(mentions(open_failure(bytes.substr(0, length)), "bad_input: ")) << length;
}

// A changed byte in a name or between dtypes of one width makes another valid file; what must never change
// unnoticed is which bytes are read and how many.
TEST(Safetensors, NoChangedByteOfTheHeaderMovesATensor) {
  const temporary_folder folder;
  const std::string bytes = stored_bytes(small_header, small_data);
  const auto path = folder.put("x", bytes);
  const auto layout = [](const safetensors_file& file) {
    std::vector<std::tuple<std::size_t, std::size_t, std::vector<int64_t>>> all;
    for (const auto& tensor : file.tensors())
      all.emplace_back(tensor.bytes.data() - file.mapping()->bytes().data(), size_of(tensor.type),
                       tensor.shape);
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto wanted = layout(safetensors_file::open(path));
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t at, char byte) {
    stream.seekp(static_cast<std::streamoff>(at)).put(byte).flush();
  };
  std::size_t taken = 0, refused = 0;
  for (std::size_t at = 0; at < 8 + small_header.size(); ++at) {
    for (int change = 1; change < 256; ++change) {
      put(at, static_cast<char>(bytes[at] ^ change));
      try {
        const auto file = safetensors_file::open(path);
        auto got = layout(file);
        // The empty tensor may lie at either boundary and have any extents beside its zero.
        std::erase_if(got, [](const auto& row) { return std::ranges::count(std::get<2>(row), 0) > 0; });
        auto kept = wanted;
        std::erase_if(kept, [](const auto& row) { return std::ranges::count(std::get<2>(row), 0) > 0; });
        ASSERT_EQ(got, kept) << "byte " << at << " changed by " << change;
        ++taken;
      } catch (const error& failure) {
        ASSERT_EQ(failure.kind(), error_kind::bad_input);
        ++refused;
      }
    }
    put(at, bytes[at]);
  }
  EXPECT_GT(taken, 0u);
  EXPECT_GT(refused, 10 * taken);
}

// How long it takes: bench_safetensors_header.
TEST(Safetensors, AHeaderOf2000TensorsIsRead) {
  std::vector<stored_tensor> tensors;
  const std::string data(4, 'x');
  for (int i = 0; i < 2000; ++i)
    tensors.push_back({concat("down_blocks.", i, ".attentions.0.transformer_blocks.0.attn1.to_q.weight"),
                       element_type::f32,
                       {1},
                       span_of(data)});
  const temporary_folder folder;
  write_safetensors(folder / "x", tensors);
  EXPECT_EQ(safetensors_file::open(folder / "x").tensors().size(), 2000u);
}

}  // namespace
}  // namespace zoetrope
