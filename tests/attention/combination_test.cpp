// All combinations of layout, pattern, position and backend on a tiny clip: a legal one runs forward and
// backward and equals `dense`, an illegal one is refused when it is made.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <set>

#include "core/tensor/meta_run.hpp"
#include "tests/attention/whole_attention.hpp"

namespace zoetrope {
namespace {

constexpr clip_size size{.batch = 2, .frames = 3, .height = 2, .width = 3};

struct combination {
  std::string layout, pattern, position;
  json options(const std::string& backend) const {
    return {{"layout", {{"type", layout}}},
            {"pattern", {{"type", pattern}}},
            {"position", {{"type", position}}},
            {"backend", {{"type", backend}}}};
  }
};

std::ostream& operator<<(std::ostream& out, const combination& one) {
  return out << one.layout << ", " << one.pattern << ", " << one.position;
}

// docs/configuration.md, "Parts of a UNet".
bool legal(const combination& one) {
  if (one.layout == "cross") return one.pattern == "full" && one.position == "none";
  const bool about_frames = one.pattern == "sparse_causal" || one.pattern == "first_frame";
  if (about_frames && one.layout == "spatial") return false;
  return one.position != "relative_kv" || one.layout == "temporal";
}

// Another function than softmax attention, approximated by nothing here: only its own tests know its values.
bool is_another_function(const std::string& backend) { return backend == "linear"; }

class EveryCombination : public testing::TestWithParam<std::string> {
 protected:
  std::vector<combination> all() const {
    std::vector<combination> found;
    for (const std::string& pattern : attention_patterns().names())
      for (const std::string& position : attention_positions().names())
        found.push_back({GetParam(), pattern, position});
    return found;
  }
  const at::Tensor x_ = generator(3).normal({size.batch * size.frames, size.pixels(), 24});
};
INSTANTIATE_TEST_SUITE_P(Layouts, EveryCombination, testing::ValuesIn(attention_layouts().names()));

TEST_P(EveryCombination, IllegalOnesAreRefusedWhenMade) {
  for (const combination& one : all())
    for (const std::string& backend : attention_backends().names())
      if (!legal(one)) {
        try {
          whole_attention whole(one.options(backend));
          ADD_FAILURE() << one << " was made";
        } catch (const error& failure) {
          EXPECT_EQ(failure.kind(), error_kind::bad_input) << one;
          EXPECT_NE(std::string(failure.what()).find("wanted"), std::string::npos) << failure.what();
        }
      }
}

// A backend refuses at once what it cannot serve; what was made never throws.
std::unique_ptr<whole_attention> made_unless_refused(const combination& one, const std::string& backend) {
  try {
    return std::make_unique<whole_attention>(one.options(backend));
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input) << one << ", " << backend << ": " << failure.what();
    return nullptr;
  }
}

TEST_P(EveryCombination, LegalOnesEqualDenseForwardAndBackward) {
  std::set<std::string> served;
  for (const combination& one : all()) {
    if (!legal(one)) continue;
    whole_attention oracle(one.options("dense"));
    const at::Tensor want = oracle.forward(x_, size);
    const std::vector<at::Tensor> slopes = oracle.gradients(x_, size);
    ASSERT_EQ(want.sizes(), x_.sizes()) << one;
    ASSERT_TRUE(want.isfinite().all().item<bool>()) << one;
    for (const std::string& backend : attention_backends().names()) {
      const auto whole = made_unless_refused(one, backend);
      if (!whole) continue;
      served.insert(backend);
      const at::Tensor got = whole->forward(x_, size);
      const std::vector<at::Tensor> gradients = whole->gradients(x_, size);
      ASSERT_EQ(got.sizes(), want.sizes()) << one << ", " << backend;
      ASSERT_EQ(gradients.size(), slopes.size()) << one << ", " << backend;
      for (const at::Tensor& gradient : gradients)
        EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << one << ", " << backend;
      if (is_another_function(backend)) continue;
      EXPECT_LE(largest_difference(got, want), 4e-6) << one << ", " << backend;
      for (std::size_t i = 0; i < slopes.size(); ++i)
        EXPECT_LE(largest_difference(gradients[i], slopes[i]),
                  2e-5 * std::max(1.0, slopes[i].abs().max().item<double>()))
            << one << ", " << backend << ", gradient " << i;
    }
  }
  for (const char* backend : {"automatic", "dense", "sdpa"}) EXPECT_TRUE(served.count(backend)) << backend;
}

// Relative keys and values are the one thing that some backends do not know.
TEST(Combinations, RelativeKeysAreServedByDenseAndAutomaticAndRefusedBySdpa) {
  const combination relative{"temporal", "causal", "relative_kv"};
  EXPECT_NO_THROW(whole_attention(relative.options("dense")));
  EXPECT_NO_THROW(whole_attention(relative.options("automatic")));
  EXPECT_THROW(whole_attention(relative.options("sdpa")), error);
}

// The memory plan runs the same code.
TEST_P(EveryCombination, LegalOnesRunWithoutMemory) {
  meta_run run(at::kCPU);
  const c10::NoGradGuard inference;
  for (const combination& one : all()) {
    if (!legal(one)) continue;
    for (const char* backend : {"dense", "automatic"}) {
      whole_attention whole(one.options(backend));
      whole.to(at::kMeta);
      const at::Tensor got = whole.forward(x_.to(at::kMeta), size);
      EXPECT_TRUE(got.is_meta()) << one;
      EXPECT_EQ(got.sizes(), x_.sizes()) << one;
    }
  }
}

}  // namespace
}  // namespace zoetrope
