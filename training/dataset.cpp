// The table of datasets, and what all of them share.
#include "training/dataset.hpp"

#include <ATen/ops/empty.h>

#include <array>
#include <map>

#include "training/datasets/makers.hpp"

namespace zoetrope {

const registry<dataset_maker>& datasets() {
  static const registry<dataset_maker> table(
      "dataset",
      {{"frame_folders", make_frame_folders, "a folder of pictures and prompt.txt a clip, as Hotshot-XL's"},
       {"clips", make_clips, "a folder of MP4, GIF and WebM files with captions beside them: NAME.txt"},
       {"manifest", make_manifest, "JSON lines that name clips and say what is in them"},
       {"shapes", make_shapes, "captioned moving shapes, drawn from a seed"}});
  return table;
}

std::unique_ptr<dataset> make_dataset(const config& options) {
  const dataset_maker make = datasets().chosen(options, options.get<std::string>("type"));
  std::unique_ptr<dataset> made = make(options);
  options.expect_all_read();
  return made;
}

at::Tensor pixel_tensor(const rgb_frames& clip) {
  check_frames(clip);
  std::array<float, 256> values;
  for (int i = 0; i < 256; ++i) values[i] = (static_cast<float>(i) / 255.0f - 0.5f) / 0.5f;
  const auto frames = static_cast<int64_t>(clip.frames.size());
  const int64_t area = int64_t{clip.width} * clip.height;
  at::Tensor tensor = at::empty({3, frames, clip.height, clip.width}, at::kFloat);
  float* to = tensor.mutable_data_ptr<float>();
  for (int64_t c = 0; c < 3; ++c)  // f h w c -> c f h w
    for (const std::vector<uint8_t>& frame : clip.frames)
      for (int64_t i = 0; i < area; ++i) *to++ = values[frame[static_cast<std::size_t>(i * 3 + c)]];
  return tensor;
}

std::vector<int64_t> bucket_numbers(const dataset& data) {
  std::map<picture_size, int64_t> numbers;
  std::vector<int64_t> of_each;
  for (int64_t i = 0; i < data.size(); ++i)
    of_each.push_back(numbers.emplace(data.size_of(i), static_cast<int64_t>(numbers.size())).first->second);
  return of_each;
}

}  // namespace zoetrope
