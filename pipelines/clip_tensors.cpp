// See clip_tensors.hpp.
#include "pipelines/clip_tensors.hpp"

#include <ATen/ATen.h>

#include <cstdlib>
#include <numeric>

#include "core/io/aspect_fill.hpp"
#include "core/io/clip_reader.hpp"
#include "core/io/frame_picking.hpp"
#include "core/vision/preprocessor.hpp"

namespace zoetrope {

namespace {

using indices = std::vector<std::size_t>;

indices picked(const timed_frames& read, const clip_request& request) {
  const auto wanted = static_cast<std::size_t>(request.video_length);
  const std::size_t frames = read.clip.frames.size();
  if (frames == 1) return indices(wanted, 0);  // a still picture stands for all
  return frames_around_midpoint(frames, estimated_frame_ms(read.frame_ms), wanted, request.video_duration_ms);
}

rgb_frames fitted(const rgb_frames& clip, const clip_request& request,
                  resample_filter first_frame = resample_filter::lanczos) {
  return aspect_fill(clip, static_cast<int>(request.width), static_cast<int>(request.height), first_frame);
}

rgb_frames picked_and_fitted(const std::filesystem::path& path, const timed_frames& read,
                             const indices& places, const clip_request& request) {
  const bool by_nearest = request.compat_hotshot && places.front() == 0 && is_gif(path);
  return fitted(frames_at(read.clip, places), request,
                by_nearest ? resample_filter::nearest : resample_filter::lanczos);
}

template <class Body>
auto about(const std::filesystem::path& path, Body&& body) {
  return in_context(printable(path.string()), std::forward<Body>(body));
}

/// Which of the mask's frames belong to the video's, whose clip has `clip_frames` and was picked at `places`.
indices mask_places(std::size_t mask_frames, std::size_t clip_frames, const indices& places) {
  if (mask_frames == 1) return indices(places.size(), 0);
  if (mask_frames == clip_frames) return places;
  ZT_CHECK(mask_frames == places.size(), bad_input, "the mask has ", mask_frames,
           " frames, wanted 1, as many as the video (", places.size(), ") or as its clip (", clip_frames,
           ")");
  indices all(mask_frames);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// f 1 h w of zeros and ones.
at::Tensor mask_tensor(const rgb_frames& clip) {
  std::vector<float> values;
  for (const auto& frame : clip.frames)
    for (std::size_t i = 0; i + 2 < frame.size(); i += 3)
      values.push_back(luma(&frame[i]) >= 128 ? 1.0f : 0.0f);
  return at::tensor(values).reshape({static_cast<int64_t>(clip.frames.size()), 1, clip.height, clip.width});
}

const placed_picture& nearest_picture(const std::vector<placed_picture>& pictures, int64_t frame) {
  return *std::min_element(
      pictures.begin(), pictures.end(), [&](const placed_picture& a, const placed_picture& b) {
        return std::pair(std::abs(a.frame - frame), a.frame) < std::pair(std::abs(b.frame - frame), b.frame);
      });
}

void check_places(const std::vector<placed_picture>& pictures, int64_t video_length) {
  ZT_CHECK(!pictures.empty(), usage, "no picture is given");
  std::vector<bool> taken(static_cast<std::size_t>(video_length));
  for (const placed_picture& picture : pictures) {
    ZT_CHECK(picture.frame >= 0 && picture.frame < video_length, usage, "a picture is given for frame ",
             picture.frame, "; the video has frames 0 to ", video_length - 1);
    ZT_CHECK(!taken[static_cast<std::size_t>(picture.frame)], usage, "two pictures are given for frame ",
             picture.frame);
    taken[static_cast<std::size_t>(picture.frame)] = true;
  }
}

}  // namespace

at::Tensor frames_tensor(const rgb_frames& clip) {
  const auto frames = static_cast<int64_t>(clip.frames.size());
  at::Tensor bytes = at::empty({frames, clip.height, clip.width, 3}, at::kByte);
  for (int64_t i = 0; i < frames; ++i)
    std::copy(clip.frames[i].begin(), clip.frames[i].end(), bytes[i].mutable_data_ptr<uint8_t>());
  return bytes.permute({0, 3, 1, 2}).to(at::kFloat, false, false, at::MemoryFormat::Contiguous) / 255;
}

at::Tensor control_frames(const std::filesystem::path& clip, const config& preprocessor,
                          const clip_request& request) {
  const auto prepare = make_preprocessor(preprocessor);
  const timed_frames read = read_clip(clip);
  const indices places = about(clip, [&] { return picked(read, request); });
  return frames_tensor(prepare(picked_and_fitted(clip, read, places, request)));
}

source_video source_from_clip(const std::filesystem::path& clip, const std::filesystem::path& mask,
                              const clip_request& request) {
  const timed_frames read = read_clip(clip);
  const indices places = about(clip, [&] { return picked(read, request); });
  source_video source;
  source.frames = frames_tensor(picked_and_fitted(clip, read, places, request));
  if (mask.empty()) return source;
  const rgb_frames drawn = read_clip(mask).clip;
  const indices masked =
      about(mask, [&] { return mask_places(drawn.frames.size(), read.clip.frames.size(), places); });
  source.mask = mask_tensor(fitted(frames_at(drawn, masked), request));
  return source;
}

source_video source_from_pictures(const std::vector<placed_picture>& pictures, const clip_request& request) {
  check_places(pictures, request.video_length);
  source_video source;
  source.strength = 1;
  std::vector<at::Tensor> frames;
  for (int64_t i = 0; i < request.video_length; ++i) {
    const rgb_image image = read_image(nearest_picture(pictures, i).file);
    frames.push_back(frames_tensor(fitted({image.width, image.height, {image.pixels}}, request)));
  }
  source.frames = at::cat(frames);
  source.mask = at::ones({request.video_length, 1, request.height, request.width});
  for (const placed_picture& picture : pictures) source.mask[picture.frame].zero_();
  return source;
}

}  // namespace zoetrope
