// A model in diffusers' folder format: model_index.json, and a folder for each component with its config and
// its weights in safetensors (single or sharded, plain or a variant such as fp16). Read as untrusted: shard
// and folder names are confined to the directory (or, in a Hugging Face cache, to the same repository's
// blobs).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/io/safetensors.hpp"

namespace zoetrope {

/// One entry of model_index.json and its folder; also what a bare component folder (unet/ alone) opens as.
struct model_component {
  std::string name;        ///< "unet"
  std::string library;     ///< "diffusers"; empty for a bare folder
  std::string class_name;  ///< "UNet3DConditionModel"
  std::filesystem::path folder;
  std::filesystem::path root;  ///< of the directory it belongs to: links must not lead out of it

  /// Opens a folder by itself; class_name comes from its config (`_class_name`, `architectures` or
  /// `tokenizer_class`).
  static model_component open(const std::filesystem::path& folder);
  /// config.json, scheduler_config.json or tokenizer_config.json, whichever the folder has.
  config read_config() const;
  /// Any other text file of the folder ("vocab.json", "merges.txt"), confined as all are.
  bool has_file(const std::string& file_name) const;
  std::string read_text(const std::string& file_name) const;
  bool has_weights(const std::string& variant = "") const;
  /// All shards, in the order of their names. `variant` "fp16" takes *.fp16.safetensors, falling back on the
  /// plain file; where there is only a .bin/.ckpt/.pt, a Git-LFS pointer or nothing, error{bad_input} says
  /// what to do.
  std::vector<safetensors_file> open_weights(const std::string& variant = "") const;
};

class model_directory {
 public:
  /// A path, or `org/name[@revision]` looked up in the local Hugging Face cache (see model_cache.hpp); the
  /// network is never touched. error{bad_input} lists where it looked.
  static model_directory open(const std::string& path_or_name);

  const std::filesystem::path& root() const { return root_; }
  const json& index() const { return index_; }
  const std::vector<model_component>& components() const { return components_; }
  bool has(const std::string& name) const;
  /// error{bad_input} that lists what the directory has.
  const model_component& component(const std::string& name) const;
  /// generation_config.json, or an empty tree.
  config generation_defaults() const;

 private:
  std::filesystem::path root_;
  json index_;
  std::vector<model_component> components_;
};

}  // namespace zoetrope
