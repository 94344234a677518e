// The table of datasets, and what all of them share.
#include "training/dataset.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <array>
#include <map>
#include <set>

#include "training/datasets/makers.hpp"

namespace zoetrope {

at::Tensor dataset::frames_of(int64_t index, const std::vector<int64_t>& picked) const {
  return pixels(index).index_select(1, at::tensor(picked, at::kLong));
}

const registry<dataset_maker>& datasets() {
  static const registry<dataset_maker> table(
      "dataset",
      {{"frame_folders", make_frame_folders, "a folder of pictures and prompt.txt a clip, as Hotshot-XL's"},
       {"clips", make_clips,
        "a folder of MP4, GIF, WebM, MOV and MKV files with captions beside them: NAME.txt"},
       {"manifest", make_manifest, "JSON lines that name clips and say what is in them"},
       {"shapes", make_shapes, "captioned moving shapes, drawn from a seed"}});
  return table;
}

std::unique_ptr<dataset> make_dataset(const config& options, const dataset_site& site) {
  const dataset_maker make = datasets().chosen(options, options.get<std::string>("type"));
  std::unique_ptr<dataset> made = make(options, site);
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

void check_sides(const dataset& data, const std::string& name, int64_t multiple) {
  std::set<picture_size> sizes;
  for (int64_t i = 0; i < data.size(); ++i) sizes.insert(data.size_of(i));
  for (const picture_size& size : sizes)
    ZT_CHECK(size.width % multiple == 0 && size.height % multiple == 0, usage, name, ": clips of ",
             name_of(size), " pixels; this model takes sides that are multiples of ", multiple);
}

std::vector<int64_t> bucket_numbers(const dataset& data) {
  std::map<picture_size, int64_t> numbers;
  std::vector<int64_t> of_each;
  for (int64_t i = 0; i < data.size(); ++i)
    of_each.push_back(numbers.emplace(data.size_of(i), static_cast<int64_t>(numbers.size())).first->second);
  return of_each;
}

}  // namespace zoetrope
