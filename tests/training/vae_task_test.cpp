#include "training/vae_task.hpp"

#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"
#include "training/train_log.hpp"

namespace zoetrope {
namespace {

std::unique_ptr<dataset> shapes(int64_t width) {
  return make_dataset(
      config(json{{"type", "shapes"}, {"width", width}, {"height", 32}, {"frames", 2}, {"examples", 5}}));
}

vae_task made(std::unique_ptr<dataset> data, std::unique_ptr<dataset> validation) {
  return vae_task(load_for_training(ZOETROPE_SOURCE_DIR "/assets/tiny"), std::move(data),
                  std::move(validation), {});
}

// GIFs of twice the clips' width: their headers tell it, little-endian.
TEST(VaeTask, LogsOriginalsBesideReconstructions) {
  const temporary_folder folder;
  {
    train_log log(folder.path());
    EXPECT_GT(made(shapes(64), shapes(64)).evaluate(7, log).at("psnr"), 20);
  }
  std::string events;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    events += bytes_of(entry.path());
  for (const char* tag : {"reconstructions/0", "reconstructions/3"}) EXPECT_TRUE(mentions(events, tag));
  EXPECT_EQ(events.find("reconstructions/4"), std::string::npos);
  const std::string header("GIF89a\x80\0\x20\0", 10);
  EXPECT_NE(events.find(header), std::string::npos);
}

// bf16 has 8 bits; the gradients are of the f32 weights.
TEST(VaeTask, ComputesInThePrecisionAskedFor) {
  const auto loss_in = [](at::ScalarType dtype) {
    vae_task task(load_for_training(ZOETROPE_SOURCE_DIR "/assets/tiny"), shapes(64), nullptr, {}, dtype);
    task.prepare(0);
    const at::Tensor loss = task.loss({0, 0, 2, 2}).loss;
    EXPECT_EQ(loss.scalar_type(), at::kFloat);
    loss.backward();
    for (const trained_parameter& each : task.parameters())
      EXPECT_EQ(each.tensor.grad().scalar_type(), at::kFloat) << each.name;
    return loss.item<double>();
  };
  const double exact = loss_in(at::kFloat), rough = loss_in(at::kBFloat16);
  EXPECT_NE(rough, exact);
  EXPECT_NEAR(rough, exact, 0.05 * exact);
}

TEST(VaeTask, RefusesSizesThatItWouldCut) {
  EXPECT_EQ(failure_of([] { made(shapes(36), nullptr); }),
            "usage: data: clips of 36 x 32 pixels; this model takes sides that are multiples of 8");
  EXPECT_TRUE(mentions(failure_of([] { made(shapes(40), shapes(44)); }), "validation: clips of 44 x 32"));
}

}  // namespace
}  // namespace zoetrope
