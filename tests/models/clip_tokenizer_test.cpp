#include "models/clip_tokenizer.hpp"

#include <gtest/gtest.h>

#include "../core/temporary_folder.hpp"
#include "core/config.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
using ids = std::vector<int64_t>;

const fs::path goldens = fs::path(ZOETROPE_SOURCE_DIR) / "tests/goldens/04_tokenizer";
const fs::path small = fs::path(ZOETROPE_SOURCE_DIR) / "tests/goldens/07_pipeline/tiny_hotshot/model";

const clip_tokenizer& first() {
  static const clip_tokenizer tokenizer(goldens / "tokenizer");
  return tokenizer;
}
const clip_tokenizer& second() {
  static const clip_tokenizer tokenizer(goldens / "tokenizer", goldens / "tokenizer_2_extra");
  return tokenizer;
}

TEST(ClipTokenizer, GivesTheIdsOfTransformersOnEveryReferencePrompt) {
  const json expected = parse_json(read_text_file(goldens / "expected.json"), "expected.json");
  ASSERT_EQ(expected.size(), 210u);
  for (const json& entry : expected) {
    const std::string prompt = entry["prompt"];
    const ids want = entry["tf5"];
    EXPECT_EQ(first().encode(prompt), want) << printable(prompt);
    EXPECT_EQ(second().encode(prompt), entry.contains("tf5_2") ? entry["tf5_2"].get<ids>() : want)
        << printable(prompt);
  }
}

// The following ids were computed with transformers 5.23.0 and tokenizers 0.23.3.
TEST(ClipTokenizer, FollowsTheReferenceThroughUnicode) {
  EXPECT_EQ(first().encode("é İstanbul ΣΑΣ"),
            (ids{49406, 4166, 328, 16384, 11231, 139, 225, 138, 109, 139, 481, 49407}));
  EXPECT_EQ(first().encode("e\u0301"), first().encode("\u00e9"));
  EXPECT_EQ(first().encode("a\u0085b\u200bc\x1c"
                           "d"),
            (ids{49406, 320, 321, 9844, 322, 472, 323, 49407}));
  // U+11A7 after a Hangul syllable stays.
  EXPECT_EQ(first().encode("\uc11c\u11a7"), (ids{49406, 15074, 250, 157, 228, 356, 49407}));
}

TEST(ClipTokenizer, ReadsSpecialTokensInPrompts) {
  EXPECT_EQ(first().encode("hello<|STARTOFTEXT|>x <|startoftext|> a!b <|end"),
            (ids{49406, 3306, 49406, 343, 49406, 320, 256, 321, 27, 347, 806, 49407}));
  EXPECT_EQ(second().encode("a!b"), (ids{49406, 320, 0, 321, 49407}));
  // Not normalised: in capitals it is text, cut into <|, endoftext and |>.
  const ids capitals = first().encode("<|ENDOFTEXT|>!!");
  EXPECT_EQ(capitals, first().encode("<| endoftext |> !!"));
}

TEST(ClipTokenizer, PadsAndCutsToTheModelsLength) {
  const tokenized_prompt brief = first().tokenize("a cat");
  EXPECT_EQ(brief.ids.size(), 77u);
  EXPECT_EQ(brief.ids[0], 49406);
  EXPECT_EQ(brief.ids[3], 49407);
  EXPECT_EQ(brief.ids[76], 49407);
  EXPECT_EQ(brief.cut, "");
  EXPECT_EQ(second().tokenize("a cat").ids[4], 0);  // its padding is "!"

  std::string seventy_six;
  for (int i = 0; i < 75; ++i) seventy_six += "a ";
  EXPECT_EQ(first().tokenize(seventy_six).cut, "");
  const tokenized_prompt cut = first().tokenize(seventy_six + "horse's tail");
  EXPECT_EQ(cut.ids.size(), 77u);
  EXPECT_EQ(cut.ids[75], 320);
  EXPECT_EQ(cut.ids[76], 49407);
  EXPECT_EQ(cut.cut, "horse 's tail");
}

TEST(ClipTokenizer, DecodesAsTheReferenceDoes) {
  EXPECT_EQ(first().decode(first().encode("A  photo, of é!")), "a photo , of é !");
  EXPECT_EQ(second().decode(second().encode("a! b")), "a b");  // special tokens are left out
  EXPECT_EQ(first().decode({49406, 127, 320}),
            "\uFFFD"
            "a");  // half a character
  EXPECT_EQ(first().decode({-1, 1'000'000, 320}), "a");
  EXPECT_EQ(first().decode({}), "");
}

TEST(ClipTokenizer, SmallVocabulariesAndOtherLengthsAreHonoured) {
  const clip_tokenizer tiny(fs::path(ZOETROPE_SOURCE_DIR) / "assets/tiny/tokenizer");
  EXPECT_EQ(tiny.max_length(), 24);
  EXPECT_EQ(tiny.tokenize("a red circle").ids.size(), 24u);
  const clip_tokenizer two(small / "tokenizer_2");
  EXPECT_EQ(two.vocabulary_size(), 1114);
  EXPECT_EQ(two.encode("hello<|STARTOFTEXT|>x a!b <|end"),
            (ids{1112, 71, 826, 334, 1112, 343, 320, 0, 321, 27, 347, 806, 1113}));
}

TEST(ClipTokenizer, RefusesWhatIsNotText) {
  EXPECT_TRUE(mentions(failure_of([] { first().encode("abc\xFF"); }),
                       "usage: byte 3 of the text is not valid UTF-8"));
  EXPECT_TRUE(mentions(failure_of([] { first().encode("\xED\xA0\x80"); }), "byte 0"));  // a surrogate
  EXPECT_TRUE(mentions(failure_of([] { first().encode("a\xC0\x80"); }), "byte 1"));     // overlong
  EXPECT_TRUE(mentions(failure_of([] { first().encode(std::string(1'000'001, 'a')); }),
                       "usage: a prompt of 1000001 bytes"));
}

// bench_clip_tokenizer shows that the time grows with the length.
TEST(ClipTokenizer, TakesPromptsAndWordsOfAMillionBytes) {
  EXPECT_GT(first().encode(std::string(1'000'000, 'a')).size(), 1000u);
  std::string words;
  while (words.size() < 900'000) words += "</w> <|x é";
  EXPECT_FALSE(first().tokenize(words).cut.empty());
}

}  // namespace
}  // namespace zoetrope
