#include "core/tensor/device.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

#include "core/cuda/gpu.hpp"
#include "core/cuda/kernel_library.hpp"
#include "core/error.hpp"
#include "core/tensor/gpu_work.hpp"
#include "core/tensor/machine.hpp"

namespace zoetrope {
namespace {

std::string usage_error(const std::function<void()>& body) {
  try {
    body();
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::usage);
    return failure.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return "";
}

bool has_text(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool torch_cuda_is_mapped() {
  std::ifstream maps("/proc/self/maps");
  const std::string text((std::istreambuf_iterator<char>(maps)), std::istreambuf_iterator<char>());
  return has_text(text, "libtorch_cuda.so");
}

TEST(Device, CpuIsAlwaysThere) { EXPECT_EQ(parse_device("cpu"), at::Device(at::kCPU)); }

TEST(Device, AutoIsTheGpuExactlyWhereOneCanBeUsed) {
  const at::Device device = parse_device("auto");
  EXPECT_EQ(device.is_cuda(), open_cuda().torch);
  if (device.is_cuda()) {
    EXPECT_EQ(device.index(), 0);
  }
}

TEST(Device, ProcessesOfAMachineTakeItsGpusInTurn) {
  const auto count = static_cast<int>(survey_gpus().gpus.size());
  for (int place = 0; place < 3; ++place) {
    EXPECT_EQ(parse_device("cpu", place), at::Device(at::kCPU));
    const at::Device taken = parse_device("auto", place);
    EXPECT_EQ(taken.is_cuda(), open_cuda().torch);
    if (taken.is_cuda()) {
      EXPECT_EQ(taken.index(), place % count);
      EXPECT_EQ(parse_device("cuda:0", place).index(), 0);
    }
  }
}

TEST(Device, MisspeltDevicesAreUsageErrorsThatListTheKnownOnes) {
  for (const std::string text :
       {"gpu", "", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", "cpu:0"}) {
    const std::string message = usage_error([&] { parse_device(text); });
    EXPECT_TRUE(has_text(message, "auto, cpu, cuda")) << message;
    EXPECT_TRUE(has_text(message, "'" + text + "'")) << message;
  }
}

TEST(Device, AGpuThatIsNotThereIsAUsageErrorThatSaysWhy) {
  const auto count = survey_gpus().gpus.size();
  const std::string text = "cuda:" + std::to_string(count);
  const std::string message = usage_error([&] { parse_device(text); });
  EXPECT_TRUE(has_text(message, "'" + text + "'")) << message;
  if (count == 0) {
    EXPECT_TRUE(has_text(message, survey_gpus().problem)) << message;
  }
}

TEST(Device, TorchCudaIsOpenedOnlyWhereThereIsAGpu) {
  parse_device("auto");
  if (survey_gpus().gpus.empty()) {
    EXPECT_FALSE(torch_cuda_is_mapped());
  }
  EXPECT_EQ(open_cuda().torch, torch_cuda_is_mapped());
}

TEST(Device, TensorsLiveOnTheGpu) {
  if (!open_cuda().torch) GTEST_SKIP() << "needs a GPU: " << open_cuda().problem;
  const at::Device device = parse_device("cuda");
  const at::Tensor numbers = at::arange(1000, at::TensorOptions(device).dtype(at::kFloat));
  EXPECT_EQ(numbers.sum().item<float>(), 499500.0f);
  EXPECT_GE(process_memory(device).gpu_peak_bytes, 4000);
}

TEST(Device, TheKernelsOfAGpuAreCounted) {
  EXPECT_TRUE(gpu_kernels_of(at::kCPU, [] { at::ones({8}).add_(1); }).empty());
  if (!open_cuda().torch) GTEST_SKIP() << "needs a GPU: " << open_cuda().problem;
  const at::Device device = parse_device("cuda");
  at::Tensor numbers = at::ones({1000}, at::TensorOptions(device));
  const auto kernels = gpu_kernels_of(device, [&] {
    for (int i = 0; i < 3; ++i) numbers.add_(1);
  });
  ASSERT_EQ(kernels.size(), 1u);
  EXPECT_EQ(kernels[0].launches, 3);
  EXPECT_GT(kernels[0].seconds, 0);
}

TEST(Device, StatusIsOneLineThatSaysWhetherKernelsWereBuilt) {
  const std::string status = cuda_status();
  EXPECT_FALSE(status.empty());
  EXPECT_FALSE(has_text(status, "\n"));
  if (survey_gpus().gpus.empty()) {
    EXPECT_TRUE(has_text(status, cuda_kernels_built() ? "kernels built" : "built without kernels")) << status;
  }
}

TEST(Precision, NamesAreReadAndWritten) {
  for (const char* name : {"f32", "f16", "bf16"})
    EXPECT_STREQ(name_of_precision(parse_precision(name)), name);
  EXPECT_TRUE(has_text(usage_error([] { parse_precision("fp16"); }), "known: f32, f16, bf16"));
  const at::Device gpu(at::kCUDA, 0);
  EXPECT_EQ(wanted_precision("auto", gpu), at::kHalf);
  EXPECT_EQ(wanted_precision("auto", at::kCPU), at::kFloat);
  EXPECT_EQ(wanted_precision("bf16", gpu), at::kBFloat16);
}

TEST(Precision, F32IsNeverChanged) {
  EXPECT_EQ(resolve_precision(at::kFloat, at::kCPU).dtype, at::kFloat);
  EXPECT_EQ(resolve_precision(at::kFloat, at::kCPU).note, "");
}

TEST(Precision, HalfIsUpcastWithANoteExactlyWhereTheCpuCannotComputeIt) {
  const resolved_precision bf16 = resolve_precision(at::kBFloat16, at::kCPU);
  EXPECT_EQ(bf16.dtype, this_cpu().computes_bf16() ? at::kBFloat16 : at::kFloat);
  EXPECT_EQ(bf16.note.empty(), this_cpu().computes_bf16());
  const resolved_precision f16 = resolve_precision(at::kHalf, at::kCPU);
  EXPECT_EQ(f16.dtype, this_cpu().computes_f16() ? at::kHalf : at::kFloat);
  EXPECT_EQ(f16.note.empty(), this_cpu().computes_f16());
  if (!f16.note.empty()) {
    EXPECT_TRUE(has_text(f16.note, "f16 is upcast to f32")) << f16.note;
  }
}

TEST(Precision, AGpuComputesHalf) {
  const at::Device gpu(at::kCUDA, 0);  // only named, not used
  EXPECT_EQ(resolve_precision(at::kBFloat16, gpu).dtype, at::kBFloat16);
  EXPECT_EQ(resolve_precision(at::kHalf, gpu).dtype, at::kHalf);
  EXPECT_EQ(resolve_precision(at::kHalf, gpu).note, "");
}

TEST(Threads, CountIsSetAndBounded) {
  const int before = at::get_num_threads();
  set_thread_count(1);
  EXPECT_EQ(at::get_num_threads(), 1);
  set_thread_count(0);
  EXPECT_EQ(at::get_num_threads(), 1);
  set_thread_count(before);
  EXPECT_EQ(at::get_num_threads(), before);
  EXPECT_TRUE(has_text(usage_error([] { set_thread_count(-1); }), "-1"));
  EXPECT_TRUE(has_text(usage_error([] { set_thread_count(5000); }), "5000"));
}

TEST(CpuMemory, WhatTheUserHasSetStays) {
  setenv("THP_MEM_ALLOC_ENABLE", "0", 1);
  prepare_cpu_memory();
  EXPECT_STREQ(std::getenv("THP_MEM_ALLOC_ENABLE"), "0");
  unsetenv("THP_MEM_ALLOC_ENABLE");
  prepare_cpu_memory();
  EXPECT_STREQ(std::getenv("THP_MEM_ALLOC_ENABLE"), "1");
}

}  // namespace
}  // namespace zoetrope
