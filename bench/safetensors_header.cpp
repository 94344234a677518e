// Opening a safetensors file of many tensors: mapping and parsing the header, no payload touched. Goal: 2,000
// tensors (an SDXL UNet has 2,100 with its temporal layers) under 30 ms.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "core/io/safetensors.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

/// A file of `count` tensors with names as long as the real ones; gone with the object.
class example_file {
 public:
  explicit example_file(int64_t count)
      : path_(fs::temp_directory_path() / ("zoetrope-bench-" + std::to_string(getpid()) + ".safetensors")) {
    const std::vector<std::byte> payload(64);
    std::vector<stored_tensor> tensors;
    for (int64_t i = 0; i < count; ++i)
      tensors.push_back(
          {"down_blocks.1.attentions.0.transformer_blocks." + std::to_string(i) + ".attn1.to_q.weight",
           element_type::f32,
           {4, 4},
           payload});
    write_safetensors(path_, tensors);
  }
  ~example_file() { fs::remove(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void open_header(benchmark::State& state) {
  const example_file file(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(safetensors_file::open(file.path()).tensors().size());
}
BENCHMARK(open_header)->Arg(200)->Arg(2000)->Arg(20000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zoetrope

BENCHMARK_MAIN();
