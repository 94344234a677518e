// Every metric against numpy, scipy and scikit-image (reference_values.hpp), to 1e-6 of the value; those of
// flow on flows that are put in.
#include <gtest/gtest.h>

#include "eval/metrics/optical_flow.hpp"
#include "tests/eval/metrics/made_clips.hpp"
#include "tests/eval/metrics/reference_values.hpp"

namespace zoetrope {
namespace {

void expect_near(const std::vector<double>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  double largest = 0;
  for (const double value : want) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(got[i], want[i], 1e-6 * std::max(std::abs(want[i]), 1e-6 * largest)) << i;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

class NumpyParity : public testing::Test {
 protected:
  const float_clip clip = to_float(counted_clip(1)), other = to_float(counted_clip(2));

  void expect_pairs(const std::string& type, const std::vector<double>& want, json options = json::object()) {
    SCOPED_TRACE(type);
    const metric_values got = measured(type, {.clip = clip, .reference = &other}, options).front();
    expect_near(got.per_pair, want);
    expect_near({got.per_video}, {mean(want)});
  }
};

TEST_F(NumpyParity, OfPixels) {
  expect_pairs("temporal_flickering", reference::temporal_flickering);
  expect_pairs("frame_psnr", reference::frame_psnr);
  expect_pairs("frame_ssim", reference::frame_ssim);
  expect_pairs("frame_ssim", reference::frame_ssim_uniform, {{"window", "uniform"}});
  expect_pairs("psnr", reference::psnr);
  expect_pairs("ssim", reference::ssim);
}

TEST_F(NumpyParity, OfTheLagCurve) {
  const metric_values lag = measured("lag_similarity", {.clip = clip}).front();
  expect_near(lag.curves.at("ssim"), reference::lag_similarity);
  expect_near(lag.curves.at("lag"), {1, 2, 3, 4, 5});
  expect_near({lag.per_video}, {mean(reference::lag_similarity)});
  const metric_values near = measured("lag_similarity", {.clip = clip}, {{"max_lag", 2}}).front();
  EXPECT_EQ(near.curves.at("ssim").size(), 2u);
}

TEST_F(NumpyParity, OfTheFlickerSpectrum) {
  const auto got = measured("flicker_spectrum", {.clip = clip, .fps = 12}, {{"blocks", 3}});
  ASSERT_EQ(got.size(), 2u);
  const std::vector<double>& energy = got[0].curves.at("energy");
  // The straight line takes the mean with it: what is left at frequency 0 is rounding on both sides.
  EXPECT_LT(energy.front(), 1e-25);
  expect_near({energy.begin() + 1, energy.end()},
              {reference::flicker_energy.begin() + 1, reference::flicker_energy.end()});
  expect_near(got[0].curves.at("frequency"), {0, 2, 4, 6});
  expect_near({got[0].per_video}, reference::flicker_share);
  expect_near({got[1].per_video}, reference::flicker_amplitude);
}

TEST_F(NumpyParity, OfColourDrift) {
  const auto got = measured("colour_drift", {.clip = clip});
  expect_near(got[0].curves.at("from_first"), reference::colour_drift);
  expect_near({got[0].per_video}, {mean(reference::colour_drift)});
  expect_near({got[1].per_video}, reference::colour_drift_slope);
}

// The flow of make_reference_values.py; all its numbers are exact in f32.
flow_field counted_flow(int number) {
  flow_field flow(30, 24);
  for (int y = 0, i = 0; y < 24; ++y)
    for (int x = 0; x < 30; ++x) {
      flow.shifts[i++] = static_cast<float>((x / 6 * 5 + y / 8 * 3 + 7 * number) % 17 - 8) / 4;
      flow.shifts[i++] = static_cast<float>((x / 5 * 2 + y / 6 * 7 + 3 * number) % 13 - 6) / 8;
    }
  return flow;
}

flow_field counted_way_back(int number) {
  flow_field back = counted_flow(number);
  const flow_field off = counted_flow(2 * number + 1);
  for (std::size_t i = 0; i < back.shifts.size(); ++i) back.shifts[i] = -back.shifts[i] + off.shifts[i] / 8;
  return back;
}

class NumpyParityOfFlow : public NumpyParity {
 protected:
  metric_input input{.clip = clip, .reference = &other};

  void SetUp() override {
    std::vector<flow_field> flows, backs;
    for (int i = 0; i < 5; ++i) {
      flows.push_back(counted_flow(i));
      backs.push_back(counted_way_back(i));
    }
    input.flows->put(clip, {}, flows);
    input.flows->put(clip, {.backward = true}, backs);
    input.flows->put(other, {}, backs);
    flows.resize(2), backs.resize(2);
    input.flows->put(clip, {.gap = 2}, flows);
    input.flows->put(clip, {.gap = 2, .backward = true}, backs);
  }
};

TEST_F(NumpyParityOfFlow, OfEveryMetric) {
  const auto error = measured("warp_error", input);
  expect_near(error[0].per_pair, reference::warp_error);
  expect_near(error[1].per_pair, reference::hidden_share);
  EXPECT_EQ(error[1].name, "warp_error_hidden");
  expect_near(measured("flow_smoothness", input)[0].per_pair, reference::flow_smoothness);
  expect_near(measured("motion_amount", input)[0].per_pair, reference::motion_amount);
  expect_near(measured("tof", input)[0].per_pair, reference::tof);
  expect_near(measured("interpolation_residual", input)[0].per_pair, reference::interpolation_residual);
}

}  // namespace
}  // namespace zoetrope
