// A safetensors file written tensor by tensor, so that no more than one of them need be in memory.
//
//   safetensors_writer output(file, {{"a", element_type::f32, {2, 3}}, {"b", element_type::f16, {4}}});
//   output.write(bytes_of_a);
//   output.write(bytes_of_b);
//   output.commit();
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/io/atomic_file.hpp"
#include "core/io/safetensors.hpp"

namespace zoetrope {

struct tensor_entry {
  std::string name;
  element_type type;
  std::vector<int64_t> shape;
};

class safetensors_writer {
 public:
  /// Writes the header, padded to 8 bytes. error{runtime} for a name that is there twice, a shape that has no
  /// size, what no reader would take, and a file that cannot be written.
  safetensors_writer(std::filesystem::path file, std::vector<tensor_entry> tensors,
                     const std::map<std::string, std::string>& metadata = {});

  /// The next tensor, row-major; error{runtime} names it where it takes another number of bytes.
  void write(std::span<const std::byte> bytes);
  /// fsync and rename; before that what stood there still does. error{runtime} while a tensor is missing.
  void commit();

 private:
  std::filesystem::path file_;
  std::vector<tensor_entry> tensors_;
  std::size_t next_ = 0;
  atomic_file output_;
};

}  // namespace zoetrope
