// See flash_attention.h. A job is a tile of 64 queries of one head (backward also: of keys). Scores are kept
// transposed, [keys][queries], so that the streaming softmax runs down vectors.
#include "attention/kernels/flash_attention.h"

namespace zoetrope {
enum class flash_pass { forward, queries, keys };
}  // namespace zoetrope

#define ZT_BODY "attention/kernels/flash_attention_cpu.inl"
#include "attention/kernels/every_instruction_set.hpp"
#include "core/tensor/parallel.hpp"

namespace zoetrope {

namespace {

void over_tiles(const zt_attention& p, flash_pass pass) {
  const int64_t rows = pass == flash_pass::keys ? p.keys : p.tokens,
                tiles = (rows + portable::tile - 1) / portable::tile;
  at::parallel_for(0, p.outer * p.inner * p.heads * tiles, 1, [&](int64_t begin, int64_t end) {
    ZT_FOR_THIS_MACHINE(flash_attention)(p, pass, begin, end);
  });
}

}  // namespace

void flash_attention_forward_cpu(const zt_attention& problem) { over_tiles(problem, flash_pass::forward); }

void flash_attention_backward_cpu(const zt_attention& problem) {
  over_tiles(problem, flash_pass::queries);
  over_tiles(problem, flash_pass::keys);
}

}  // namespace zoetrope
