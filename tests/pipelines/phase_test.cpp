// What leaves a phase: our error, with the phase's name.
#include "pipelines/phase.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

TEST(Phase, PutsItsNameBeforeOurErrorsAndKeepsTheirKind) {
  ZT_EXPECT_ERROR(usage, "text: no", in_phase(run_phase::text, [] { ZT_CHECK(false, usage, "no"); }));
}

TEST(Phase, HandsResultsThrough) {
  EXPECT_EQ(in_phase(run_phase::text, [] { return 3; }), 3);
}

TEST(Phase, TellsMemoryThatCouldNotBeHad) {
  ZT_EXPECT_ERROR(out_of_memory, "decoding: out of memory",
                  in_phase(run_phase::decoding, [] { throw std::bad_alloc(); }));
  // 4 EiB: more than any address space, so libtorch's allocator refuses at once.
  ZT_EXPECT_ERROR(out_of_memory, "decoding: out of memory",
                  in_phase(run_phase::decoding, [] { at::empty({int64_t{1} << 60}, at::kFloat); }));
  // A GPU's driver tells it in an ordinary error.
  ZT_EXPECT_ERROR(out_of_memory, "decoding: out of memory",
                  in_phase(run_phase::decoding, [] { TORCH_CHECK(false, "CUDA error: out of memory"); }));
}

TEST(Phase, TurnsOtherExceptionsIntoOneLine) {
  const error failure = thrown_by([] {
    in_phase(run_phase::denoising, [] { return at::ones({2, 3}).mm(at::ones({2, 3})); });
  });
  EXPECT_EQ(failure.kind(), error_kind::runtime);
  EXPECT_EQ(std::string(failure.what()).find("denoising: "), 0u);
  EXPECT_EQ(std::string(failure.what()).find('\n'), std::string::npos) << failure.what();
  ZT_EXPECT_ERROR(runtime, "text: odd", in_phase(run_phase::text, [] { throw std::logic_error("odd"); }));
}

}  // namespace
}  // namespace zoetrope
