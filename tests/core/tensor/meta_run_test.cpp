// Meta runs against what the CPU's own allocator hands out for the same operators, and FLOPs counted by hand.
#include "core/tensor/meta_run.hpp"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>

#include "core/tensor/flop_counter.hpp"

namespace zoetrope {
namespace {

// Counts what libtorch's CPU allocator is asked for.
class counting_cpu final : public c10::Allocator {
 public:
  counting_cpu() : real_(c10::GetCPUAllocator()) {
    sizes.clear();
    live = peak = 0;
    c10::SetCPUAllocator(this, /*priority=*/1);
  }
  ~counting_cpu() override { c10::SetCPUAllocator(real_, /*priority=*/1); }
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &give_back, at::Device(at::kCPU)};
    void* const data = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    sizes[data] = static_cast<int64_t>(bytes);
    live += static_cast<int64_t>(bytes);
    peak = std::max(peak, live);
    return {data, data, &give_back, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
  static inline std::map<void*, int64_t> sizes;
  static inline int64_t live = 0, peak = 0;

 private:
  static void give_back(void* data) {
    live -= sizes[data];
    std::free(data);
  }
  c10::Allocator* real_;
};

using body = std::function<at::Tensor(at::TensorOptions)>;

int64_t cpu_peak(const body& compute) {
  const c10::InferenceMode no_autograd;
  const counting_cpu counting;
  compute(at::kCPU);
  return counting_cpu::peak;
}

memory_tally meta_peak(const body& compute) {
  const c10::InferenceMode no_autograd;
  meta_run run(at::kCPU);
  compute(at::kMeta);
  EXPECT_EQ(run.live().total(), 0);
  return run.peak();
}

TEST(MetaRun, CountsWhatTheCpuAllocatorHandsOut) {
  const body chain = [](at::TensorOptions on) {
    const at::Tensor x = at::empty({3, 5, 64}, on), weight = at::empty({128, 64}, on),
                     bias = at::empty({128}, on);
    const at::Tensor y = at::gelu(at::linear(x, weight, bias)).mul_(2.0).transpose(0, 1).contiguous();
    return at::softmax(at::cat({y, y}, -1).to(at::kDouble), -1);
  };
  EXPECT_EQ(meta_peak(chain).activations, cpu_peak(chain));
}

TEST(MetaRun, ResultsHaveTheStridesOfTheRealOperators) {
  const c10::InferenceMode no_autograd;
  const auto strides = [](at::TensorOptions on) {
    const at::Tensor image = at::zeros({2, 8, 6, 6}, on).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor q = at::zeros({2, 10, 4, 8}, on).transpose(1, 2);
    const at::Tensor ones = at::ones({8}, on);
    return std::vector<std::vector<int64_t>>{
        at::conv2d(image, at::zeros({16, 8, 3, 3}, on), {}, 2, 1).strides().vec(),
        at::scaled_dot_product_attention(q, q, q).strides().vec(),
        at::layer_norm(q, {8}, ones, ones).strides().vec(),
        at::embedding(at::zeros({9, 8}, on), at::zeros({2, 3}, on.dtype(at::kLong))).strides().vec()};
  };
  const meta_run run(at::kCPU);
  EXPECT_EQ(strides(at::kMeta), strides(at::kCPU));
}

// oneDNN's copy of the weights in its own order, next to input, weights and result.
TEST(MetaRun, AConvolutionTakesItsWeightsOnceMoreAsWorkspace) {
  const memory_tally peak = meta_peak([](at::TensorOptions on) {
    return at::conv2d(at::empty({1, 8, 4, 4}, on), at::empty({16, 8, 3, 3}, on), {}, 1, 1);
  });
  EXPECT_EQ(peak.workspace, 16 * 8 * 9 * 4);
  EXPECT_EQ(peak.activations, (8 * 16 + 16 * 8 * 9 + 16 * 16) * 4);
}

TEST(MetaRun, KindsAreKeptApartAndAGpuHandsOut512BytesAtLeast) {
  const c10::InferenceMode no_autograd;
  meta_run run(at::Device(at::kCUDA, 0));
  const auto weight = [] {
    const counted_as kind(memory_kind::weights);
    return at::empty({3}, at::kMeta);
  }();
  const at::Tensor x = at::empty({129}, at::kMeta);
  EXPECT_EQ(device_at_work(x), at::kCUDA);
  EXPECT_EQ(run.live().weights, 512);
  EXPECT_EQ(run.live().activations, 1024);
  run.restart_peak();
  EXPECT_EQ(run.peak().total(), 1536);
}

TEST(FlopCounter, CountsALinearLayerAConvolutionAndAttentionByHand) {
  const c10::InferenceMode no_autograd;
  for (const at::Device device : {at::Device(at::kCPU), at::Device(at::kMeta)}) {
    const meta_run run(at::kCPU);
    const auto on = at::TensorOptions(device);
    const auto flops = [](const std::function<void()>& compute) {
      const flop_counter counter;
      compute();
      return counter.flops();
    };
    EXPECT_EQ(flops([&] {
                at::linear(at::zeros({2, 3, 5}, on), at::zeros({7, 5}, on), at::zeros({7}, on));
              }),
              2 * 6 * 5 * 7);
    EXPECT_EQ(flops([&] {
                at::conv2d(at::zeros({2, 4, 8, 8}, on), at::zeros({6, 4, 3, 3}, on), {}, 2, 1);
              }),
              2 * (2 * 4 * 4) * 6 * (4 * 9));
    const at::Tensor q = at::zeros({2, 4, 10, 8}, on), k = at::zeros({2, 4, 12, 8}, on);
    EXPECT_EQ(flops([&] { at::scaled_dot_product_attention(q, k, k); }), 2 * (2 * 2 * 4 * 10 * 12 * 8));
    EXPECT_EQ(flops([&] { at::matmul(q, k.transpose(-2, -1)); }), 2 * 2 * 4 * 10 * 12 * 8);
    EXPECT_EQ(flops([&] { q.add(1).softmax(-1); }), 0);
  }
}

}  // namespace
}  // namespace zoetrope
