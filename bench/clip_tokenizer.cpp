// Tokens of long prompts: one word, and many words with the marks that the tokenizer looks for. The time must
// grow with the length, not with its square: see the fitted order in the last lines.
#include "models/clip_tokenizer.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace zoetrope {
namespace {

const clip_tokenizer& tokenizer() {
  static const clip_tokenizer opened(ZOETROPE_TOKENIZER);
  return opened;
}

void encode_each(benchmark::State& state, const std::string& prompt) {
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer().encode(prompt).size());
  state.SetComplexityN(state.range(0));
}

void one_word(benchmark::State& state) {
  encode_each(state, std::string(static_cast<std::size_t>(state.range(0)), 'a'));
}
void many_words(benchmark::State& state) {
  std::string words;
  while (words.size() + 10 <= static_cast<std::size_t>(state.range(0))) words += "</w> <|x a";
  encode_each(state, words);
}

BENCHMARK(one_word)->RangeMultiplier(10)->Range(1000, 1000000)->Unit(benchmark::kMillisecond)->Complexity();
BENCHMARK(many_words)->RangeMultiplier(10)->Range(1000, 1000000)->Unit(benchmark::kMillisecond)->Complexity();

}  // namespace
}  // namespace zoetrope

BENCHMARK_MAIN();
