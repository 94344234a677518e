// What frozen encoders make of the data, kept on the disk: latents of clips and states of texts. A file's
// name is the SHA-256 of all that decides its content: the clip's content key or the caption, and the
// encoder's weights. Several processes may use one folder: a file appears whole or not at all, and whoever
// makes it, it holds the same. Files are safetensors, read mapped; one that is damaged is noticed and made
// again.
//
//   tensor_map kept =
//       cache.get(latents_key(data, index, vae_hash), [&] { return encode(data.pixels(index)); });
//
// Of a clip the mean and the standard deviation should be kept, not a sample: training draws a new sample
// each time it sees the clip, as fine_tune.py does, which a stored sample would freeze. That doubles the
// files, which still are 24 times smaller than the pixels (f32, 8 x 8 pixels to 4 + 4 numbers).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/tensor/weights.hpp"
#include "training/dataset.hpp"

namespace zoetrope {

struct cache_counts {
  int64_t found = 0, made = 0;
  int64_t damaged = 0;        ///< of those that were made: a file was there and not in order
  std::string write_failure;  ///< the first; then nothing more is stored and all goes on without
};

class tensor_cache {
 public:
  /// Makes the folder; error{runtime} where that fails. One that does not store only reads what is there.
  explicit tensor_cache(std::filesystem::path folder, bool stores = true);

  /// What is stored under `key`, or what `make` returns (any device), stored from then on. What is stored
  /// comes back on the CPU; do not write to it. From any thread; two that ask for one key at a time may both
  /// make it.
  tensor_map get(const std::string& key, const std::function<tensor_map()>& make);

  cache_counts counts() const;
  /// Of all its files on the disk, those of other runs and processes too.
  uint64_t bytes() const;

 private:
  std::filesystem::path file_of(const std::string& key) const;
  std::optional<tensor_map> find(const std::string& key);
  std::string failure_to_store(const std::string& key, const tensor_map& tensors) const;

  std::filesystem::path folder_;
  bool stores_;
  mutable std::mutex mutex_;
  cache_counts counts_;
};

/// SHA-256 over the parts, each with its length: 64 hexadecimal digits.
std::string cache_key(std::initializer_list<std::string_view> parts);
/// SHA-256 over names, types, shapes and bytes of a module's tensors.
std::string weights_hash(const module& weights);

/// Of an example's latents. `encoder` says what encodes: weights_hash() of the VAE and the dtype that it runs
/// in.
std::string latents_key(const dataset& data, int64_t index, const std::string& encoder);
/// Of a caption's states. `encoder`: weights_hash() of the text encoders, what the tokenizers are and the
/// dtype.
std::string text_key(const std::string& caption, const std::string& encoder);

}  // namespace zoetrope
