// Merges worked by hand; the folder must be one that the tokenizer reads.
#include "models/vocabulary_learner.hpp"

#include <gtest/gtest.h>

#include "models/clip_tokenizer.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// low x 3, lower x 1, slow x 2: "l o" and "o w</w>" both stand 5 times with low and slow ("lower" has "w"
// inside), "l o" 6 times with lower; then "lo w</w>" 5 times, then "s low</w>" 2 times; the rest stands once.
TEST(VocabularyLearner, MergesTheMostFrequentPairFirst) {
  const vocabulary_files learned = learned_vocabulary({"low low LOW lower", "slow  slow"}, 100);
  const merge_list wanted = {{"l", "o"}, {"lo", "w</w>"}, {"s", "low</w>"}};
  EXPECT_EQ(learned.merges, wanted);
  ASSERT_EQ(learned.tokens.size(), 512u + 3 + 2);
  EXPECT_EQ(learned.tokens[0], "!");
  EXPECT_EQ(learned.tokens[256], "!</w>");
  EXPECT_EQ(learned.tokens[514], "slow</w>");
  EXPECT_EQ(learned.tokens[515], "<|startoftext|>");
  EXPECT_EQ(learned.tokens[516], "<|endoftext|>");
}

TEST(VocabularyLearner, StopsAtTheNumberOfMerges) {
  EXPECT_EQ(learned_vocabulary({"low low low lower", "slow slow"}, 2).merges.size(), 2u);
  EXPECT_EQ(learned_vocabulary({"low low"}, 0).tokens.size(), 514u);
}

// a b and c d both stand twice.
TEST(VocabularyLearner, TakesTheFirstOfEquallyFrequentPairs) {
  const merge_list wanted = {{"a", "b</w>"}, {"c", "d</w>"}};
  EXPECT_EQ(learned_vocabulary({"cd ab", "cd ab"}, 9).merges, wanted);
  EXPECT_EQ(learned_vocabulary({"ab cd", "ab cd"}, 9).merges, wanted);
}

TEST(VocabularyLearner, WritesATokenizerThatReadsBack) {
  const temporary_folder folder;
  const vocabulary_files learned = learned_vocabulary({"a red circle", "a red square", "a blue circle"}, 64);
  write_clip_tokenizer(folder.path() / "tokenizer", learned, 12);
  const clip_tokenizer tokenizer(folder.path() / "tokenizer");
  EXPECT_EQ(tokenizer.max_length(), 12);
  EXPECT_EQ(tokenizer.vocabulary_size(), static_cast<int64_t>(learned.tokens.size()));
  const int64_t begin = tokenizer.vocabulary_size() - 2, end = begin + 1;
  const std::vector<int64_t> ids = tokenizer.encode("A red circle");
  ASSERT_EQ(ids.size(), 5u);  // each word is a token
  EXPECT_EQ(ids.front(), begin);
  EXPECT_EQ(ids.back(), end);
  EXPECT_EQ(learned.tokens[ids[2]], "red</w>");
  EXPECT_EQ(tokenizer.tokenize("a green cross").ids.size(), 12u);  // unseen words are spelled
}

}  // namespace
}  // namespace zoetrope
