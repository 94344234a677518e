// What a network is trained on: captioned clips, by number. A dataset is a part, chosen by name:
//
//   auto data = make_dataset(config(json{{"type", "clips"}, {"folder", "walks"}, {"frames", 8}}));
//   training_example first = data->example(0);
//
// The same index gives the same bytes, in every process and thread; the order of the indices is
// data_order.hpp's. Everything that is wrong with the data is told at once by the maker, before training
// starts; with `skip_bad: true` it is left out instead, and skipped() tells.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/io/video.hpp"
#include "core/registry.hpp"
#include "training/buckets.hpp"

namespace zoetrope {

class communicator;
class tensor_cache;

/// What is known of an example without its pixels.
struct example_label {
  std::string caption;
  clip_size_conditioning sizes;
};

struct training_example : example_label {
  at::Tensor pixels;  ///< c f h w, f32 in [-1, 1], RGB
};

class dataset {
 public:
  virtual ~dataset() = default;

  /// Examples in an epoch, at least one; indices are 0 … size() - 1. All const functions may be called from
  /// several threads at a time.
  virtual int64_t size() const = 0;
  /// Of every example.
  virtual int64_t frames() const = 0;
  /// Width and height of the example's pixels: its bucket.
  virtual picture_size size_of(int64_t index) const = 0;
  /// In messages: "clip 3", or its file.
  virtual std::string name(int64_t index) const { return concat("clip ", index); }
  virtual example_label label(int64_t index) const = 0;
  /// c f h w, f32 in [-1, 1]. error{bad_input} where a file has changed or gone since the maker checked it.
  virtual at::Tensor pixels(int64_t index) const = 0;
  /// These frames of it, in this order; any may come twice.
  virtual at::Tensor frames_of(int64_t index, const std::vector<int64_t>& picked) const;
  /// A text that differs where the pixels do: SHA-256 of files and how they are sampled, or of the pixels.
  /// Read once a file; what the cache of latents goes by (latent_cache.hpp).
  virtual std::string content_key(int64_t index) const = 0;
  /// The same of what it is made from, whatever decodes it: SHA-256 of files and which frames of them. Empty
  /// where it is drawn, so that the dataset's options decide it alone.
  virtual std::string source_key(int64_t index) const { return content_key(index); }
  /// What skip_bad left out: a line that counts the clips, and one for each, which and why. Empty: nothing.
  virtual std::string skipped() const { return {}; }

  training_example example(int64_t index) const { return {label(index), pixels(index)}; }
};

/// What a run has besides the data's own options.
struct dataset_site {
  std::shared_ptr<tensor_cache> cache = {};  ///< keeps what the check of a file found; null: none
  std::function<void()> on_clip = [] {};     ///< before each that is checked; what it throws ends the check
  communicator* ranks =
      nullptr;  ///< all make this dataset now, and share the check of its files; null: one process
};

using dataset_maker = std::unique_ptr<dataset> (*)(const config& options, const dataset_site& site);
const registry<dataset_maker>& datasets();

/// By `type` and that part's own keys. error{bad_input} for an unknown type, key or value, and one that lists
/// everything that is wrong with the data.
std::unique_ptr<dataset> make_dataset(const config& options, const dataset_site& site = {});

/// c f h w, f32 in [-1, 1], of frames: (value / 255 - 0.5) / 0.5, as torchvision's transforms round it.
at::Tensor pixel_tensor(const rgb_frames& clip);

/// error{usage} unless the sides of all clips are multiples of `multiple` pixels; `name` is the data's in it.
void check_sides(const dataset& data, const std::string& name, int64_t multiple);

/// A number for each example, equal where their sizes are: what data_order takes.
std::vector<int64_t> bucket_numbers(const dataset& data);

}  // namespace zoetrope
