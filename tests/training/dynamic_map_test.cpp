#include "training/optimizers/dynamic_map.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "training/optimizers/quantised_moment.hpp"

namespace zoetrope {
namespace {

// Levels of bitsandbytes 0.50's create_dynamic_map.
TEST(DynamicMap, LevelsAreThoseOfBitsandbytes) {
  const std::pair<int, float> with_sign[] = {{0, -0.992968738f},
                                             {1, -0.978906274f},
                                             {50, -0.289843738f},
                                             {126, -5.50000038e-07f},
                                             {127, 0.0f},
                                             {128, 5.50000038e-07f},
                                             {129, 3.25000019e-06f},
                                             {130, 7.7499999e-06f},
                                             {200, 0.233593747f},
                                             {254, 0.992968738f},
                                             {255, 1.0f}};
  const std::pair<int, float> without[] = {{0, 0.0f},
                                           {1, 3.2500003e-07f},
                                           {50, 0.00648437487f},
                                           {126, 0.0992968753f},
                                           {127, 0.103515625f},
                                           {128, 0.110546872f},
                                           {129, 0.11757812649f},
                                           {130, 0.1246093735f},
                                           {200, 0.61679685f},
                                           {254, 0.99648434f},
                                           {255, 1.0f}};
  for (const auto& [code, level] : with_sign)
    EXPECT_FLOAT_EQ(signed_dynamic_map().levels[code], level) << code;
  for (const auto& [code, level] : without)
    EXPECT_FLOAT_EQ(unsigned_dynamic_map().levels[code], level) << code;
}

/// 300 values, the last four of them 0: a block of 256 and the beginning of another.
std::vector<float> values(bool with_sign) {
  std::vector<float> x(300);
  for (int i = 0; i < 296; ++i) {
    const float root = (static_cast<float>(i * 37 % 101) + 0.3f) / 64;
    x[i] = root * root * root * (with_sign && i % 3 == 1 ? -1.0f : 1.0f);
  }
  return x;
}

std::vector<uint8_t> bytes_of_hex(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// By numpy: the nearest of bitsandbytes' levels to each value over its block's largest.
const std::string signed_codes =
    "7f51d48e3fe29b39f2a53184b22691c0189fc706a8d076b8dc6ac2eb5dc9ff52d38d40e0993af1a43282b02790c0199fc608a7cf"
    "77b6db6bc1ea5dc8fc54d28b42df983befa33381af298fbf1b9ec50aa6ce78b4d96cc1e85ec8fa55d18944dd963beda2347fad2a"
    "8ebf1c9bc50ca5cd7ab2d86dc0e65fc7f856d08846dc943ceba135ffac2b8dbe1e99c40da4cc7cb0d76ec0e55fc6f657cf8748db"
    "933deaa136fcaa2c8bbc1f98c30fa3cb7dafd56fbfe360c5f458ce864ad9923de8a036faa92d89ba2196c311a2ca7fadd470bfe2"
    "63c5f259cd844cd8913ee69f37f8a82e88b82294c213a1c900acd371bee065c4f15acc824ed7903ee59f38f6a72f87b62293c213"
    "a1c900abd373bde066c4f05bcc814fd68f3ee49e38f6a62f86b52492c115a0c802aad2757f7f7f7f";
const std::string unsigned_codes =
    "005caa1f7fc5388be64b9b0966b12382ce408ff251a11171b92a86d84494ff59a81b7dc23489e349990662af2281cb3f8eee4f9f"
    "0f6db72884d54392fa56a61779bf3188df4798035fac2080c83d8cea4d9d0d69b42583d14291f654a31475bc2d87dc4696005caa"
    "1f7fc5388be64b9b0966b12382ce408ff251a11171b92a86d84494ff59a81b7dc23489e349990662af2281cb3f8eee4f9f0f6db7"
    "2884d54392fa56a61779bf3188df4798035fac2080c83d8cea4d9d0d69b42583d14291f654a31475bc2d87dc4696005caa1f7fc5"
    "388be64b9b0966b12382ce408ff251a11171b92a86d84494ff59a81b7dc23489e349990662af2281cb3f8eee4f9f0f6db92885d8"
    "4393ff57a7177bc13189e248990360ae2081ca3e8dee4e9f0d6bb62684d44292fa55a51400000000";

TEST(DynamicMap, CodesAreTheNearestLevels) {
  for (const bool with_sign : {true, false}) {
    const dynamic_map& map = with_sign ? signed_dynamic_map() : unsigned_dynamic_map();
    const std::vector<float> x = values(with_sign);
    std::vector<uint8_t> codes(300);
    EXPECT_EQ(quantise(map, x.data(), codes.data(), 256), 3.849133014678955f);
    EXPECT_FLOAT_EQ(quantise(map, x.data() + 256, codes.data() + 256, 44), 3.73514819f);
    EXPECT_EQ(codes, bytes_of_hex(with_sign ? signed_codes : unsigned_codes)) << with_sign;

    std::vector<float> back(256);
    dequantise(map, codes.data(), 3.849133014678955f, back.data(), 256);
    // Between two fractions of the highest decade lie 0.9 / 64 (0.9 / 128 without a sign); half of it is
    // lost.
    for (int i = 0; i < 256; ++i)
      EXPECT_NEAR(back[i], x[i], 3.85f * 0.9 / (with_sign ? 128 : 256) * 1.001) << i;
  }
}

TEST(DynamicMap, NoLevelIsNearer) {
  const at::Tensor spread = at::exp(at::linspace(-20, 0, 16'384)) * at::sin(at::arange(16'384) + 1);
  for (const bool with_sign : {true, false}) {
    const dynamic_map& map = with_sign ? signed_dynamic_map() : unsigned_dynamic_map();
    const at::Tensor x = (with_sign ? spread : spread.abs()).to(at::kFloat).contiguous();
    for (int64_t block = 0; block < 64; ++block) {
      const float* values = x.const_data_ptr<float>() + 256 * block;
      uint8_t codes[256];
      const float largest = quantise(map, values, codes, 256);
      for (int i = 0; i < 256; ++i) {
        const double quotient = values[i] / largest, distance = std::abs(quotient - map.levels[codes[i]]);
        for (const float level : map.levels) ASSERT_LE(distance, std::abs(quotient - level)) << quotient;
      }
    }
  }
}

TEST(DynamicMap, EveryLevelIsItsOwnCode) {
  for (const dynamic_map* map : {&signed_dynamic_map(), &unsigned_dynamic_map()}) {
    std::vector<uint8_t> codes(256);
    EXPECT_EQ(quantise(*map, map->levels.data(), codes.data(), 256), 1.0f);
    for (int i = 0; i < 256; ++i) EXPECT_EQ(codes[i], i);
  }
}

TEST(DynamicMap, ABlockOfZerosStaysZero) {
  const std::vector<float> zeros(7);
  std::vector<uint8_t> codes(7);
  EXPECT_EQ(quantise(signed_dynamic_map(), zeros.data(), codes.data(), 7), 0.0f);
  EXPECT_EQ(codes, std::vector<uint8_t>(7, 127));
}

// The way by libtorch's operators, which other devices take, gives the same bytes.
TEST(QuantisedMoment, TensorsAndBlocksAgree) {
  for (const bool with_sign : {true, false}) {
    const dynamic_map& map = with_sign ? signed_dynamic_map() : unsigned_dynamic_map();
    const std::vector<float> x = values(with_sign);
    const auto by_blocks = quantised_moment::zeros(map, 300, at::kCPU),
               by_tensors = quantised_moment::zeros(map, 300, at::kCPU);
    EXPECT_TRUE(at::equal(by_tensors.read(300), at::zeros({300})));
    by_blocks.write_block(0, 256, x.data());
    by_blocks.write_block(1, 44, x.data() + 256);
    by_tensors.write(at::tensor(x));
    EXPECT_TRUE(at::equal(by_blocks.codes, by_tensors.codes));
    EXPECT_TRUE(at::equal(by_blocks.largest, by_tensors.largest));
    std::vector<float> back(300);
    by_blocks.read_block(0, 256, back.data());
    by_blocks.read_block(1, 44, back.data() + 256);
    EXPECT_TRUE(at::equal(by_tensors.read(300), at::tensor(back)));
  }
}

}  // namespace
}  // namespace zoetrope
