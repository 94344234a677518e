// What the emulation of CUDA must do before it can hold a kernel to anything: compute as written, and tell
// what a GPU would not.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "core/cuda/launch.cuh"

namespace zoetrope {
namespace {

using cuda_emulation::set_thread_order;
using cuda_emulation::thread_order;

struct Emulation : testing::Test {
  ~Emulation() override { set_thread_order(thread_order::forward); }
};

__global__ void places(int* seen) {
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  seen[block * blockDim.x * blockDim.y * blockDim.z + thread] += 1;
}

TEST_F(Emulation, EveryThreadOfEveryBlockRunsOnce) {
  std::vector<int> seen(2 * 3 * 4 * 5 * 6 * 7);
  launch(places, {2, 3, 4}, {5, 6, 7}, 0, nullptr, seen.data());
  EXPECT_EQ(seen, std::vector<int>(seen.size(), 1));
}

__global__ void reversed_in_shared_memory(int* values, bool with_barrier) {
  __shared__ int copy[256];
  copy[threadIdx.x] = values[threadIdx.x];
  if (with_barrier) __syncthreads();
  values[threadIdx.x] = copy[blockDim.x - 1 - threadIdx.x];
}

std::vector<int> counted(int count) {
  std::vector<int> values(count);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

TEST_F(Emulation, ABarrierOrdersSharedMemory) {
  for (const thread_order order : {thread_order::forward, thread_order::reverse}) {
    set_thread_order(order);
    std::vector<int> values = counted(256);
    launch(reversed_in_shared_memory, 1, 256, 0, nullptr, values.data(), true);
    for (int i = 0; i < 256; ++i) EXPECT_EQ(values[i], 255 - i);
  }
}

TEST_F(Emulation, AMissingBarrierShowsInTheOtherOrder) {
  std::vector<int> forward = counted(256), reverse = counted(256), other(256);
  launch(reversed_in_shared_memory, 1, 256, 0, nullptr, other.data(), true);  // what forward would find else
  launch(reversed_in_shared_memory, 1, 256, 0, nullptr, forward.data(), false);
  set_thread_order(thread_order::reverse);
  launch(reversed_in_shared_memory, 1, 256, 0, nullptr, reverse.data(), false);
  EXPECT_NE(forward, reverse);
}

__global__ void shuffles(int* out) {
  const int lane = threadIdx.x % 32;
  int sum = lane;
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
  int* own = out + 6 * threadIdx.x;
  own[0] = sum;
  own[1] = __shfl_sync(0xffffffffu, lane, 3, 8);
  own[2] = __shfl_up_sync(0xffffffffu, lane, 2);
  own[3] = __shfl_down_sync(0xffffffffu, lane, 2, 16);
  own[4] = static_cast<int>(__ballot_sync(0xffffffffu, lane % 3 == 0));
  if (lane < 8) own[5] = __shfl_xor_sync(0xffu, lane, 7);
}

TEST_F(Emulation, ShufflesMoveWhatCudaSays) {
  std::vector<int> out(6 * 64);
  launch(shuffles, 1, 64, 0, nullptr, out.data());
  unsigned thirds = 0;
  for (int lane = 0; lane < 32; lane += 3) thirds |= 1u << lane;
  for (int thread = 0; thread < 64; ++thread) {
    const int lane = thread % 32, *own = &out[6 * thread];
    EXPECT_EQ(own[0], 31 * 32 / 2);
    EXPECT_EQ(own[1], lane / 8 * 8 + 3);
    EXPECT_EQ(own[2], lane < 2 ? lane : lane - 2);
    EXPECT_EQ(own[3], lane % 16 >= 14 ? lane : lane + 2);
    EXPECT_EQ(own[4], static_cast<int>(thirds));
    EXPECT_EQ(own[5], lane < 8 ? 7 - lane : 0);
  }
}

__global__ void half_a_barrier() {
  if (threadIdx.x % 2 == 0)
    __syncthreads();
  else
    __shfl_sync(0xffffffffu, 1, 0);
}

TEST_F(Emulation, ABarrierThatSomeMissIsAnError) {
  EXPECT_THROW(launch(half_a_barrier, 1, 32, 0, nullptr), std::runtime_error);
  std::vector<int> seen(32);
  launch(places, 1, 32, 0, nullptr, seen.data());  // and the next kernel runs
  EXPECT_EQ(seen, std::vector<int>(32, 1));
}

__global__ void writes_shared(int index) { dynamic_shared<float>()[index] = 1; }
__global__ void reads_shared(float* out) { *out = dynamic_shared<float>()[0]; }

TEST_F(Emulation, DynamicSharedMemoryIsGuardedAndStartsAsNan) {
  launch(writes_shared, 1, 1, 4 * sizeof(float), nullptr, 3);
  EXPECT_THROW(launch(writes_shared, 1, 1, 4 * sizeof(float), nullptr, 4), std::runtime_error);
  float read = 0;
  launch(reads_shared, 1, 1, sizeof(float), nullptr, &read);
  EXPECT_TRUE(std::isnan(read));
}

TEST_F(Emulation, LaunchesBeyondAGpusLimitsFail) {
  int seen = 0;
  const auto status = [&](dim3 grid, dim3 block, std::size_t shared) {
    launch(places, grid, block, shared, nullptr, &seen);
    return cudaGetLastError();
  };
  EXPECT_EQ(status({1, 65536}, 1, 0), cudaErrorInvalidConfiguration);
  EXPECT_EQ(status({1, 1, 65536}, 1, 0), cudaErrorInvalidConfiguration);
  EXPECT_EQ(status(1, 1025, 0), cudaErrorInvalidConfiguration);
  EXPECT_EQ(status(0, 1, 0), cudaErrorInvalidConfiguration);
  EXPECT_NE(status(1, 1, 228 << 10), cudaSuccess);
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(status(1, 1, 0), cudaSuccess);
}

// IEEE 754 and bfloat16 by hand: ties go to even, too large becomes infinite.
TEST_F(Emulation, SixteenBitTypesRoundToNearestEven) {
  EXPECT_EQ(__float2half_rn(1.0f + 0x1p-11f).bits, 0x3c00);
  EXPECT_EQ(__float2half_rn(1.0f + 3 * 0x1p-11f).bits, 0x3c02);
  EXPECT_EQ(__float2half_rn(65520.0f).bits, 0x7c00);
  EXPECT_EQ(__half2float({0x0001}), 0x1p-24f);
  EXPECT_EQ(__float2bfloat16_rn(1.0f + 0x1p-8f).bits, 0x3f80);
  EXPECT_EQ(__float2bfloat16_rn(1.0f + 3 * 0x1p-8f).bits, 0x3f82);
  EXPECT_EQ(__float2bfloat16_rn(3.4e38f).bits, 0x7f80);
  EXPECT_TRUE(std::isnan(__bfloat162float(__float2bfloat16_rn(std::nanf("")))));
}

}  // namespace
}  // namespace zoetrope
