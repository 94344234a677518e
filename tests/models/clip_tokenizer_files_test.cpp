// Folders that are unusual, and folders that are wrong. Ids where given: transformers 5.23.0 on the same
// folder.
#include "models/clip_tokenizer_files.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "../core/temporary_folder.hpp"
#include "core/config.hpp"
#include "models/clip_tokenizer.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
using ids = std::vector<int64_t>;

const fs::path small =
    fs::path(ZOETROPE_SOURCE_DIR) / "tests/goldens/07_pipeline/tiny_hotshot/model/tokenizer";

// The small vocabulary with a configuration of the test's own.
class tokenizer_folder : public temporary_folder {
 public:
  explicit tokenizer_folder(const json& configuration = json::object()) {
    fs::copy_file(small / "vocab.json", path() / "vocab.json");
    fs::copy_file(small / "merges.txt", path() / "merges.txt");
    put("tokenizer_config.json", configuration.dump());
  }
  clip_tokenizer load() const { return clip_tokenizer(path()); }
  std::string failure() const {
    return failure_of([&] { load(); });
  }
};

json token(const char* content, bool normalized, const char* flag = nullptr) {
  json entry{{"content", content}, {"normalized", normalized}, {"special", false}};
  if (flag) entry[flag] = true;
  return entry;
}

TEST(ClipTokenizerFiles, AFolderWithoutConfigurationHasClipsDefaults) {
  const tokenizer_folder folder;
  fs::remove(folder / "tokenizer_config.json");
  EXPECT_EQ(folder.load().max_length(), 77);
  EXPECT_EQ(folder.load().encode("<|endoftext|>"), (ids{1112, 1113, 1113}));
}

TEST(ClipTokenizerFiles, MaxLengthFallsBackOnlyWhereTheFileKnowsNone) {
  EXPECT_EQ(tokenizer_folder(json{{"model_max_length", 24}}).load().max_length(), 24);
  EXPECT_EQ(tokenizer_folder(json{{"max_len", 30}}).load().max_length(), 30);
  EXPECT_EQ(tokenizer_folder(json{{"model_max_length", 1e30}}).load().max_length(), 77);
  EXPECT_EQ(tokenizer_folder(json{{"model_max_length", nullptr}}).load().max_length(), 77);
  const std::string big = "{\"model_max_length\": 1000000000000000019884624838656}";
  const tokenizer_folder folder;
  folder.put("tokenizer_config.json", big);
  EXPECT_EQ(folder.load().max_length(), 77);
  for (const json& wrong : {json(1), json(-5), json(7.5), json("77"), json(true)})
    EXPECT_TRUE(mentions(tokenizer_folder(json{{"model_max_length", wrong}}).failure(),
                         "model_max_length is " + wrong.dump()));
}

TEST(ClipTokenizerFiles, AddedTokensFollowTheirFlags) {
  const json decoder{{"1112", token("<|startoftext|>", true)}, {"1113", token("<|endoftext|>", true)},
                     {"1114", token("<Cat>", true)},           {"1115", token("dog", false, "single_word")},
                     {"1116", token("LL", false, "lstrip")},   {"1117", token("RR", false, "rstrip")}};
  const clip_tokenizer tokenizer = tokenizer_folder(json{{"added_tokens_decoder", decoder}}).load();
  EXPECT_EQ(tokenizer.vocabulary_size(), 1118);
  EXPECT_EQ(tokenizer.encode("<cat><CAT>"), (ids{1112, 1114, 1114, 1113}));
  EXPECT_EQ(tokenizer.encode("dog dog."), (ids{1112, 1115, 1115, 269, 1113}));
  for (const char* touched : {"dogs", "adog", "dog_", "dog1", "dog\u0301"})
    EXPECT_EQ(tokenizer.encode(touched)[1] == 1115, false) << touched;
  EXPECT_EQ(tokenizer.encode("a  LL"), (ids{1112, 320, 1116, 1113}));
  EXPECT_EQ(tokenizer.encode("RR \u3000a"), (ids{1112, 1117, 320, 1113}));
}

TEST(ClipTokenizerFiles, NamedAndExtraTokensComeAfterTheVocabulary) {
  const clip_tokenizer tokenizer =
      tokenizer_folder(json{{"pad_token", "[PAD]"}, {"additional_special_tokens", {"<toy>"}}}).load();
  EXPECT_EQ(tokenizer.tokenize("<toy>").ids[1], 1115);
  EXPECT_EQ(tokenizer.tokenize("<toy>").ids[3], 1114);
}

TEST(ClipTokenizerFiles, TheSpecialTokensMapOverrulesTheConfiguration) {
  const tokenizer_folder folder(json{{"pad_token", "x"}});
  folder.put("special_tokens_map.json", R"({"pad_token": "!"})");
  EXPECT_EQ(folder.load().tokenize("").ids[2], 0);
}

TEST(ClipTokenizerFiles, TokenizerJsonHoldsEverything) {
  const json vocabulary = parse_json(read_text_file(small / "vocab.json"), "vocab.json");
  json merges = json::array();
  std::ifstream lines(small / "merges.txt");
  std::string line;
  while (std::getline(lines, line))
    if (!line.starts_with("#version"))
      merges.push_back(merges.size() % 2
                           ? json(line)
                           : json{line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1)});
  const temporary_folder folder;
  folder.put("tokenizer.json",
             json{{"model", {{"vocab", vocabulary}, {"merges", merges}}},
                  {"added_tokens", {{{"id", 1114}, {"content", "<toy>"}, {"special", false}}}}}
                 .dump());
  const clip_tokenizer tokenizer(folder.path());
  const clip_tokenizer original(small);
  EXPECT_EQ(tokenizer.encode("A photograph of the <|end."), original.encode("A photograph of the <|end."));
  EXPECT_EQ(tokenizer.encode("<TOY>"), (ids{1112, 1114, 1113}));
}

TEST(ClipTokenizerFiles, BrokenVocabulariesAreNamed) {
  const tokenizer_folder folder;
  const auto with = [&](const std::string& vocabulary) {
    folder.put("vocab.json", vocabulary);
    return folder.failure();
  };
  EXPECT_TRUE(mentions(with("{"), "vocab.json: not valid JSON"));
  EXPECT_TRUE(mentions(with("[]"), "vocab.json: wanted an object"));
  EXPECT_TRUE(mentions(with("{}"), "the vocabulary is empty"));
  EXPECT_TRUE(mentions(with(R"({"a": 0, "b": 0})"), "tokens 'a' and 'b' have the same id 0"));
  EXPECT_TRUE(mentions(with(R"({"a": 0, "b": 2})"), "token 'b' has the id 2"));
  EXPECT_TRUE(mentions(with(R"({"a": 0, "a": 1})"), "token 'a' has two ids"));
  EXPECT_TRUE(mentions(with(R"({"a": -1})"), "wanted an object of tokens and ids"));
  EXPECT_TRUE(mentions(with(R"({"a": {"b": 0}})"), "something else for token 'a'"));
  EXPECT_TRUE(mentions(with(R"({"a": 0, "b": "1"})"), "something else for token 'b'"));
  folder.put("merges.txt", "");
  EXPECT_TRUE(mentions(with(R"({"a": 0})"), "nor the unk_token '<|endoftext|>'"));
  fs::remove(folder / "vocab.json");
  EXPECT_TRUE(mentions(folder.failure(), "bad_input: " + (folder / "vocab.json").string()));
}

TEST(ClipTokenizerFiles, BrokenMergesAreNamedByLine) {
  const tokenizer_folder folder;
  const auto with = [&](const std::string& merges) {
    folder.put("merges.txt", merges);
    return folder.failure();
  };
  EXPECT_TRUE(mentions(with("#version: 0.2\ni n\nthree to many\n"), "merges.txt: line 3: wanted two tokens"));
  EXPECT_TRUE(mentions(with("#version: 0.2\ni\n"), "line 2"));
  EXPECT_TRUE(mentions(with("#version: 0.2\ni n\nqqq n\n"), "merge 2 ('qqq n') needs token 'qqq'"));
  EXPECT_TRUE(mentions(with("i qqq"), "needs token 'qqq'"));
}

TEST(ClipTokenizerFiles, BrokenSettingsAreNamed) {
  EXPECT_TRUE(mentions(tokenizer_folder(json{{"pad_token", 5}}).failure(),
                       "pad_token: wanted a string or an object"));
  EXPECT_TRUE(mentions(tokenizer_folder(json{{"pad_token", ""}}).failure(), "pad_token: a token of 0 bytes"));
  EXPECT_TRUE(
      mentions(tokenizer_folder(json{{"padding_side", "left"}}).failure(), "padding_side is \"left\""));
  EXPECT_TRUE(mentions(tokenizer_folder(json{{"added_tokens_decoder", {{"x", token("a", true)}}}}).failure(),
                       "the id 'x' is not a number"));
  EXPECT_TRUE(
      mentions(failure_of([] { clip_tokenizer("/nowhere/at/all"); }), "no tokenizer folder /nowhere/at/all"));
}

}  // namespace
}  // namespace zoetrope
