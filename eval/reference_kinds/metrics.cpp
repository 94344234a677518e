// Reference cases of kind "metrics": flicker, PSNR, SSIM under both windows, and the Frechet distance,
// against VBench's formula, scikit-image and scipy.
#include <ATen/ATen.h>

#include "eval/metrics/pixel_error.hpp"
#include "eval/metrics/set_distance.hpp"
#include "eval/metrics/structural_similarity.hpp"
#include "eval/metrics/temporal_flickering.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"

namespace zoetrope {

namespace {

constexpr double range = 255;

// uint8 f h w 3
at::Tensor video(const reference_case& reference, const std::string& name) {
  const at::Tensor& stored = reference.input(name);
  ZT_CHECK(
      stored.dim() == 4 && stored.size(3) == 3 && stored.scalar_type() == at::kByte && stored.size(0) > 1,
      bad_input, name, ": wanted bytes of shape [frames, height, width, 3] with two frames or more, got ",
      stored.toString(), " ", stored.sizes());
  return stored.contiguous();
}

std::vector<std::vector<uint8_t>> frames_of(const at::Tensor& video) {
  std::vector<std::vector<uint8_t>> frames;
  for (int64_t frame = 0; frame < video.size(0); ++frame) {
    const uint8_t* bytes = video[frame].const_data_ptr<uint8_t>();
    frames.emplace_back(bytes, bytes + video[frame].numel());
  }
  return frames;
}

plane channel_of(const at::Tensor& frame, int64_t channel) {
  const at::Tensor values = frame.select(2, channel).to(at::kDouble).contiguous();
  const double* data = values.const_data_ptr<double>();
  return {static_cast<int>(values.size(1)), static_cast<int>(values.size(0)), {data, data + values.numel()}};
}

at::Tensor ssim_of_frames(const at::Tensor& first, const at::Tensor& second, const ssim_window& window) {
  const at::Tensor values = at::zeros({first.size(0)}, at::kDouble);
  for (int64_t frame = 0; frame < first.size(0); ++frame)
    for (int64_t channel = 0; channel < 3; ++channel)
      values[frame] +=
          structural_similarity(make_ssim_side(channel_of(first[frame], channel), window),
                                make_ssim_side(channel_of(second[frame], channel), window), window, range) /
          3;
  return values;
}

Eigen::MatrixXd features(const reference_case& reference, const std::string& name) {
  const at::Tensor stored = reference.input(name).to(at::kDouble).contiguous();
  ZT_CHECK(stored.dim() == 2, bad_input, name, ": wanted [rows, features], got ", stored.sizes());
  using by_row = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const by_row>(stored.const_data_ptr<double>(), stored.size(0), stored.size(1));
}

}  // namespace

void run_metrics_case(const reference_case& reference, reference_report& report) {
  const at::Tensor first = video(reference, "video"), second = video(reference, "video2");
  ZT_CHECK(first.sizes() == second.sizes(), bad_input, "video is ", first.sizes(), ", video2 ",
           second.sizes());
  const auto check = [&](const std::string& name, const at::Tensor& got) {
    report.check(name, got, {}, error_measure::relative_per_element);
  };
  const auto frames = frames_of(first), others = frames_of(second);
  const std::vector<double> differences = mean_absolute_differences(frames);
  check("mae_per_pair", at::tensor(differences, at::kDouble));
  check("temporal_flickering", at::tensor({temporal_flickering(differences)}, at::kDouble));
  std::vector<double> psnr;
  for (std::size_t i = 0; i < frames.size(); ++i)
    psnr.push_back(psnr_of(mean_squared_error(frames[i].data(), others[i].data(), frames[i].size()), range));
  check("psnr", at::tensor(psnr, at::kDouble));
  check("ssim", ssim_of_frames(first, second, uniform_ssim_window()));
  check("ssim_gaussian", ssim_of_frames(first, second, gaussian_ssim_window()));
  check("frechet",
        at::tensor({frechet_distance(features(reference, "features1"), features(reference, "features2"))},
                   at::kDouble));
}

}  // namespace zoetrope
