// safetensors files, read and written without torch and without trusting them.
// Format: u64 header length, JSON header {name: {dtype, shape, data_offsets}}, then the bytes.
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/io/mapped_file.hpp"

namespace zoetrope {

enum class element_type { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean, f8_e4m3, f8_e5m2 };
/// "F32", as written in a header.
const char* name_of(element_type type);
std::size_t size_of(element_type type);
/// "2, 3, 5"
std::string joined_extents(const std::vector<int64_t>& shape);

/// One tensor of a file: bytes lie in the mapping (or the caller's memory, for writing), row-major,
/// unaligned.
struct stored_tensor {
  std::string name;
  element_type type;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

class safetensors_file {
 public:
  /// Maps the file and parses its header; error{bad_input} names file, tensor, offset, got and wanted.
  static safetensors_file open(const std::filesystem::path& file);
  /// The same for a file that is already mapped.
  static safetensors_file open(std::shared_ptr<const mapped_file> mapping);

  const std::filesystem::path& path() const { return mapping_->path(); }
  /// In the order of their bytes in the file.
  const std::vector<stored_tensor>& tensors() const { return tensors_; }
  /// nullptr where there is none of that name.
  const stored_tensor* find(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::shared_ptr<const mapped_file>& mapping() const { return mapping_; }

 private:
  std::shared_ptr<const mapped_file> mapping_;
  std::vector<stored_tensor> tensors_;
  std::map<std::string, std::size_t> by_name_;
  std::map<std::string, std::string> metadata_;
};

/// Writes atomically (temporary file, fsync, rename), names sorted, header padded to 8: equal content, equal
/// bytes. error{runtime} if the file cannot be written; then what stood there before still does.
void write_safetensors(const std::filesystem::path& file, const std::vector<stored_tensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace zoetrope
