// See decoded_clips.hpp. Scaling and cutting are Hotshot-XL's: Lanczos until both sides are covered, then cut
// around the centre (core/io/aspect_fill).
#include "training/datasets/decoded_clips.hpp"

#include <mutex>

#include "core/io/aspect_fill.hpp"
#include "core/io/clip_reader.hpp"
#include "core/io/sha256.hpp"

namespace zoetrope {
namespace {

using paths = std::vector<std::filesystem::path>;

// The pictures that an example needs, or its one file.
paths files_of(const decoded_example& example) {
  if (!example.clip->pictures) return example.clip->files;
  paths files;
  for (const std::size_t frame : example.frames) files.push_back(example.clip->files[frame]);
  return files;
}

class decoded_clips : public dataset {
 public:
  decoded_clips(std::vector<decoded_example> examples, std::string skipped)
      : examples_(std::move(examples)), skipped_(std::move(skipped)), keys_(examples_.size()) {}

  int64_t size() const override { return static_cast<int64_t>(examples_.size()); }
  int64_t frames() const override { return static_cast<int64_t>(examples_[0].frames.size()); }
  picture_size size_of(int64_t index) const override { return at(index).sizes.target; }
  std::string name(int64_t index) const override { return at(index).clip->name; }
  example_label label(int64_t index) const override { return {at(index).clip->caption, at(index).sizes}; }
  std::string skipped() const override { return skipped_; }

  at::Tensor pixels(int64_t index) const override {
    const decoded_example& example = at(index);
    const auto& [width, height] = example.sizes.original;
    const rgb_frames clip = example.clip->pictures
                                ? read_pictures(files_of(example))
                                : read_video_frames(example.clip->files[0], example.frames);
    ZT_CHECK(clip.width == width && clip.height == height, bad_input, printable(example.clip->name),
             ": has changed: it is ", clip.width, " x ", clip.height, " and was ",
             name_of(example.sizes.original));
    return pixel_tensor(aspect_fill(clip, static_cast<int>(example.sizes.target.width),
                                    static_cast<int>(example.sizes.target.height)));
  }

  std::string content_key(int64_t index) const override {
    return concat("clip of ", name_of(at(index).sizes.target), " by ", media_decoder_version(),
                  source_key(index));
  }

  std::string source_key(int64_t index) const override {
    const decoded_example& example = at(index);
    {
      const std::lock_guard lock(mutex_);
      if (!keys_[static_cast<std::size_t>(index)].empty()) return keys_[static_cast<std::size_t>(index)];
    }
    std::string key;
    for (const auto& file : files_of(example)) key += " file " + file_hash(file);
    if (!example.clip->pictures)
      for (const std::size_t frame : example.frames) key += concat(" ", frame);
    const std::lock_guard lock(mutex_);
    return keys_[static_cast<std::size_t>(index)] = key;
  }

 private:
  const decoded_example& at(int64_t index) const {
    ZT_CHECK(index >= 0 && index < size(), usage, "example ", index, " of ", size());
    return examples_[static_cast<std::size_t>(index)];
  }

  // Windows of one video share its hash.
  std::string file_hash(const std::filesystem::path& file) const {
    {
      const std::lock_guard lock(mutex_);
      if (const auto known = hashes_.find(file.string()); known != hashes_.end()) return known->second;
    }
    const std::string hash = sha256_of_file(file);
    const std::lock_guard lock(mutex_);
    return hashes_[file.string()] = hash;
  }

  std::vector<decoded_example> examples_;
  std::string skipped_;
  mutable std::mutex mutex_;
  mutable std::vector<std::string> keys_;
  mutable std::map<std::string, std::string> hashes_;
};

}  // namespace

std::unique_ptr<dataset> make_decoded_dataset(std::vector<decoded_example> examples, std::string skipped) {
  return std::make_unique<decoded_clips>(std::move(examples), std::move(skipped));
}

}  // namespace zoetrope
