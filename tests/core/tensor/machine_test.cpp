#include "core/tensor/machine.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "core/cuda/kernel_library.hpp"
#include "core/tensor/tensor_heap.hpp"

namespace zoetrope {
namespace {

TEST(Machine, X86CpuinfoIsRead) {
  const cpu_description cpu = parse_cpuinfo(
      "processor\t: 0\nmodel name\t: Some Xeon @ 2.0GHz\nphysical id\t: 0\ncore id\t\t: 0\n"
      "flags\t\t: fpu avx2 avx512f avx512_bf16\n\n"
      "processor\t: 1\nmodel name\t: Some Xeon @ 2.0GHz\nphysical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu "
      "avx2\n\n"
      "processor\t: 2\nphysical id\t: 1\ncore id\t\t: 0\n");
  EXPECT_EQ(cpu.model, "Some Xeon @ 2.0GHz");
  EXPECT_EQ(cpu.logical_processors, 3);
  EXPECT_EQ(cpu.cores, 2);  // two threads of one core, and core 0 of the other package
  EXPECT_TRUE(cpu.has("avx2"));
  EXPECT_FALSE(cpu.has("avx"));
  EXPECT_TRUE(cpu.computes_bf16());
  EXPECT_FALSE(cpu.computes_f16());
}

TEST(Machine, Arm64CpuinfoIsRead) {
  const cpu_description cpu =
      parse_cpuinfo("processor\t: 0\nFeatures\t: fp asimd asimdhp bf16\n\nprocessor\t: 1\n");
  EXPECT_EQ(cpu.model, "");
  EXPECT_EQ(cpu.cores, 2);
  EXPECT_TRUE(cpu.computes_bf16());
  EXPECT_TRUE(cpu.computes_f16());
}

TEST(Machine, OddCpuinfoIsSurvived) {
  EXPECT_EQ(parse_cpuinfo("").cores, 0);
  EXPECT_EQ(parse_cpuinfo(":\n:::\nflags").features.size(), 0u);
}

TEST(Machine, EmulatedF16IsNotTakenForArithmetic) {
  EXPECT_FALSE(parse_cpuinfo("flags : f16c avx2\n").computes_f16());  // f16c only converts
}

TEST(Machine, DescribesThisMachine) {
  const machine_info machine = this_machine();
  EXPECT_GT(machine.cpu.logical_processors, 0);
  EXPECT_GT(machine.threads, 0);
  EXPECT_GT(machine.memory_bytes, 0);
  EXPECT_GE(machine.memory_bytes, machine.available_bytes);
  EXPECT_FALSE(machine.torch_version.empty());
  EXPECT_FALSE(machine.build_type.empty());
  const json described = to_json(machine);
  EXPECT_EQ(described.at("torch"), machine.torch_version);
  EXPECT_TRUE(described.at("simd").is_array());
}

TEST(Machine, TellsLibtorchsNumericalSwitchesWhereAGpuIs) {
  machine_info machine = this_machine();
  EXPECT_EQ(to_json(machine).contains("numerics"), open_cuda().torch);
  at::Context& torch = at::globalContext();
  const bool before = torch.benchmarkCuDNN();
  for (const bool on : {true, false}) {
    torch.setBenchmarkCuDNN(on);
    machine.numerics = numerical_switches();
    const json told = to_json(machine).at("numerics");
    EXPECT_EQ(told.at("cudnn_benchmark"), on);
    EXPECT_EQ(told.size(), 4);
  }
  torch.setBenchmarkCuDNN(before);
}

TEST(Memory, PeakFollowsALargeTensorAndCanBeReset) {
  constexpr int64_t size = 64 << 20;
  reset_peak_memory();
  const int64_t before = process_memory().peak_resident_bytes;
  { at::ones({size}, at::kByte); }
  tensor_heap::instance().release();
  EXPECT_GE(process_memory().peak_resident_bytes, before + size * 9 / 10);
  reset_peak_memory();
  const memory_use after = process_memory();
  EXPECT_LT(after.peak_resident_bytes, before + size / 2);
  EXPECT_GE(after.peak_resident_bytes, after.resident_bytes * 9 / 10);
  EXPECT_EQ(after.gpu_bytes, 0);
}

}  // namespace
}  // namespace zoetrope
