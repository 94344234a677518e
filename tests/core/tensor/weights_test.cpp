#include "core/tensor/weights.hpp"
#include "core/tensor/machine.hpp"
#include "core/tensor/tensor_heap.hpp"
#include "core/tensor/weight_source.hpp"

#include <ATen/ATen.h>

#include <fstream>

#include "tests/core/io/stored_bytes.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// One of each: a matrix, a 3 x 3 and a 1 x 1 convolution, a table of whole numbers.
struct small_part : module {
  small_part() {
    add_parameter("weight", weight, {4, 3}, initializer::ones());
    add_parameter("conv", conv, {8, 4, 3, 3}, initializer::ones());
    add_parameter("point", point, {8, 4, 1, 1}, initializer::ones());
    add_buffer("ids", ids, {1, 5}, initializer::zeros());
  }
  at::Tensor weight, conv, point, ids;
};

tensor_map small_state(at::ScalarType type = at::kFloat) {
  tensor_map state = {
      {"weight", at::randn({4, 3})}, {"conv", at::randn({8, 4, 3, 3})}, {"point", at::randn({8, 4, 1, 1})}};
  for (auto& [name, tensor] : state) tensor = tensor.to(type);
  state["ids"] = at::arange(5, at::kLong).reshape({1, 5});
  return state;
}

std::vector<safetensors_file> saved(const temporary_folder& folder, const tensor_map& state) {
  save_tensors(folder / "w.safetensors", state);
  return {safetensors_file::open(folder / "w.safetensors")};
}

bool lies_in(const at::Tensor& tensor, const safetensors_file& file) {
  const auto* data = static_cast<const std::byte*>(tensor.const_data_ptr());
  const auto bytes = file.mapping()->bytes();
  return data >= bytes.data() && data < bytes.data() + bytes.size();
}

TEST(Weights, EveryTypeGoesToTheFileAndBack) {
  const temporary_folder folder;
  tensor_map state;
  for (const at::ScalarType type :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort, at::kChar,
        at::kByte, at::kBool, at::kFloat8_e4m3fn, at::kFloat8_e5m2})
    state[at::toString(type)] = at::arange(6, at::kFloat).reshape({2, 3}).to(type);
  state["scalar"] = at::scalar_tensor(3.5);
  state["empty"] = at::empty({0, 4});
  save_tensors(folder / "a", state, {{"format", "pt"}});
  const tensor_map back = load_tensors(folder / "a");
  ASSERT_EQ(back.size(), state.size());
  for (const auto& [name, tensor] : state) {
    EXPECT_EQ(back.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(back.at(name).sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(at::equal(back.at(name).to(at::kDouble), tensor.to(at::kDouble))) << name;
  }
  EXPECT_TRUE(mentions(failure_of([&] {
                         save_tensors(folder / "b", {{"c", at::zeros({2}, at::kComplexFloat)}});
                       }),
                       "cannot be stored in safetensors"));
  EXPECT_TRUE(mentions(failure_of([&] {
                         save_tensors(folder / "b", {{"u", at::Tensor()}});
                       }),
                       "'u' is undefined"));
}

TEST(Weights, StridedTensorsAreWrittenInRowOrder) {
  const temporary_folder folder;
  const at::Tensor conv = at::randn({2, 3, 4, 5}), matrix = at::randn({4, 6});
  save_tensors(folder / "a", {{"conv", conv.contiguous(at::MemoryFormat::ChannelsLast)},
                              {"slice", matrix.t().slice(0, 1, 5, 2)}});
  const tensor_map back = load_tensors(folder / "a");
  EXPECT_TRUE(at::equal(back.at("conv"), conv));
  EXPECT_TRUE(at::equal(back.at("slice"), matrix.t().slice(0, 1, 5, 2)));
}

TEST(Weights, AMisalignedTensorIsCopiedAndAnAlignedOneIsNot) {
  const temporary_folder folder;
  const std::string header =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})";
  const auto file =
      safetensors_file::open(folder.put("a", stored_bytes(header, std::string("x\0\0\x80\x3F", 5))));
  const at::Tensor value = as_tensor(file, *file.find("f"));
  EXPECT_EQ(value.item<float>(), 1.0f);
  EXPECT_FALSE(lies_in(value, file));
  EXPECT_TRUE(lies_in(as_tensor(file, *file.find("a")), file));
}

TEST(Weights, ATensorKeepsItsMappingAlive) {
  const temporary_folder folder;
  at::Tensor kept;
  {
    save_tensors(folder / "a", {{"t", at::arange(1000, at::kFloat)}});
    kept = load_tensors(folder / "a").at("t");
  }
  EXPECT_EQ(kept.sum().item<float>(), 499500.0f);
}

TEST(Weights, FloatsThatFitStayInTheMappingAndConvolutionsAreChannelsLast) {
  const temporary_folder folder;
  const tensor_map state = small_state();
  const auto files = saved(folder, state);
  small_part part;
  load_weights(part, files);
  for (const auto& [name, tensor] : state_of(part)) EXPECT_TRUE(at::equal(tensor, state.at(name))) << name;
  EXPECT_TRUE(lies_in(part.weight, files[0]));
  EXPECT_TRUE(lies_in(part.point, files[0])) << "a 1 x 1 kernel needs no other order";
  EXPECT_TRUE(part.conv.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_EQ(part.conv.suggest_memory_format(), at::MemoryFormat::ChannelsLast);
  EXPECT_EQ(part.point.suggest_memory_format(), at::MemoryFormat::ChannelsLast);
  EXPECT_EQ(part.ids.scalar_type(), at::kLong);
  const std::string before = bytes_of(folder / "w.safetensors");
  part.weight.fill_(7.0);
  EXPECT_EQ(bytes_of(folder / "w.safetensors"), before) << "the mapping is private";
}

TEST(Weights, OtherPrecisionsAreCastAndWholeNumbersAreNot) {
  const temporary_folder folder;
  for (const auto& [from, to] :
       {std::pair(at::kHalf, at::kFloat), std::pair(at::kBFloat16, at::kFloat),
        std::pair(at::kFloat, at::kBFloat16), std::pair(at::kFloat8_e4m3fn, at::kFloat)}) {
    const tensor_map state = small_state(from);
    small_part part;
    load_options options;
    options.dtype = to;
    load_weights(part, saved(folder, state), options);
    EXPECT_TRUE(at::equal(part.weight, state.at("weight").to(to)));
    EXPECT_TRUE(at::equal(part.conv, state.at("conv").to(to)));
    EXPECT_TRUE(part.conv.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_EQ(part.ids.scalar_type(), at::kLong);
  }
}

TEST(Weights, EveryMismatchIsToldAtOnce) {
  const temporary_folder folder;
  tensor_map state = small_state();
  state.erase("weight");
  state["conv"] = at::zeros({8, 4, 3});
  state["point"] = at::zeros({8, 4, 1, 1}, at::kInt);
  state["extra"] = at::zeros({1});
  small_part part;
  const std::string failure = failure_of([&] { load_weights(part, saved(folder, state)); });
  EXPECT_TRUE(mentions(failure, "bad_input: "));
  EXPECT_TRUE(
      mentions(failure,
               "1 missing: weight; 1 unexpected: extra; 2 misshapen: point (got I32, wanted floating point), "
               "conv (got [8, 4, 3], wanted [8, 4, 3, 3])") ||
      mentions(
          failure,
          "1 missing: weight; 1 unexpected: extra; 2 misshapen: conv (got [8, 4, 3], wanted [8, 4, 3, 3]), "
          "point (got I32, wanted floating point)"));
  EXPECT_TRUE(state_of(part).empty()) << "nothing is loaded of a file that does not fit";
  EXPECT_TRUE(mentions(failure_of([&] { load_weights(part, {}); }), "no weight files: "));
}

TEST(Weights, LongListsAreCutAndCounted) {
  const temporary_folder folder;
  tensor_map state = small_state();
  for (int i = 0; i < 25; ++i) state[concat("extra.", 10 + i)] = at::zeros({1});
  small_part part;
  const std::string failure = failure_of([&] { load_weights(part, saved(folder, state)); });
  EXPECT_TRUE(mentions(failure, "25 unexpected: extra.10, "));
  EXPECT_TRUE(mentions(failure, "extra.29, and 5 more"));
}

TEST(Weights, NamesAreRenamedOrLeftOut) {
  const temporary_folder folder;
  tensor_map state = small_state(), old;
  for (const auto& [name, tensor] : state) old["old." + name] = tensor;
  old["unused"] = at::zeros({1});
  small_part part;
  const key_map targets =
      renaming([](const std::string& key) { return key == "unused" ? "" : key.substr(4); });
  load_weights(part, saved(folder, old), {}, targets);
  EXPECT_TRUE(at::equal(part.weight, state.at("weight")));

  old["new.weight"] = at::zeros({4, 3});
  EXPECT_TRUE(
      mentions(failure_of([&] { load_weights(part, saved(folder, old), {}, targets); }), "1 given twice: "));
}

TEST(Weights, AWeightThatIsNotFiniteIsFoundWhereAsked) {
  const temporary_folder folder;
  tensor_map state = small_state();
  state["weight"][1][2] = std::nanf("");
  small_part part;
  load_options options;
  EXPECT_EQ(failure_of([&] { load_weights(part, saved(folder, state), options); }), "no error");
  options.check_finite = true;
  const std::string failure = failure_of([&] { load_weights(part, saved(folder, state), options); });
  EXPECT_TRUE(mentions(failure, "numerical: "));
  EXPECT_TRUE(mentions(failure, "tensor 'weight' is not finite at index 5 of 12"));
}

TEST(Weights, AFileThatShrankAfterOpeningIsAnErrorNotACrash) {
  const temporary_folder folder;
  const auto files = saved(folder, small_state());
  std::filesystem::resize_file(folder / "w.safetensors", 16);
  small_part part;
  EXPECT_TRUE(
      mentions(failure_of([&] { load_weights(part, files); }), "changed while it was read: 16 bytes now"));
}

// ---- memory

struct many_matrices : module {
  many_matrices() {
    for (int i = 0; i < count; ++i)
      add_parameter(concat("m", i), weights[i], {side, side}, initializer::ones());
  }
  static constexpr int count = 16, side = 1448;  // 2.1 M elements: 4.2 MB as f16, 8.4 MB as f32
  at::Tensor weights[count];
};

// "VmHWM" (the highest resident size so far) or "VmRSS", in MB.
double resident_megabytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(field + ":", 0) == 0) return std::stod(line.substr(field.size() + 1)) / 1024.0;
  throw std::runtime_error("no " + field);
}

TEST(WeightsMemory, CastingAtLoadTakesTheWeightsOncePlusOneTensor) {
  const temporary_folder folder;
  std::vector<stored_tensor> stored;
  {
    const std::string half(2 * many_matrices::side * many_matrices::side, '\x11');
    for (int i = 0; i < many_matrices::count; ++i)
      stored.push_back({concat("m", i),
                        element_type::f16,
                        {many_matrices::side, many_matrices::side},
                        std::as_bytes(std::span(half))});
    write_safetensors(folder / "w", stored);
  }
  many_matrices part;
  at::ones({64, 64}).to(at::kHalf).to(at::kFloat);  // libtorch's own start costs memory too
  tensor_heap::instance().release();
  reset_peak_memory();
  const double before = resident_megabytes("VmHWM");
  load_weights(part, {safetensors_file::open(folder / "w")});
  const double wanted = many_matrices::count * 4.0 * many_matrices::side * many_matrices::side / (1 << 20);
  EXPECT_GT(resident_megabytes("VmHWM") - before, 0.9 * wanted - 8.0) << "all weights are there";
  EXPECT_LT(resident_megabytes("VmHWM") - before, wanted + 16.0) << "weights: " << wanted << " MB";
  EXPECT_LT(resident_megabytes("VmRSS") - before, wanted + 12.0);
}

TEST(WeightsMemory, FloatsThatFitTakeNoMemoryUntilTheyAreUsed) {
  const temporary_folder folder;
  {
    many_matrices drawn;
    generator random(1);
    drawn.initialize(random);
    save_tensors(folder / "w", state_of(drawn));
  }
  many_matrices part;
  const double before = resident_megabytes("VmRSS");
  load_weights(part, {safetensors_file::open(folder / "w")});
  EXPECT_LT(resident_megabytes("VmRSS") - before, 16.0);
}

}  // namespace
}  // namespace zoetrope
