// See safetensors_writer.hpp.
#include "core/io/safetensors_writer.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.hpp"
#include "core/io/safetensors_format.hpp"

namespace zoetrope {

namespace {

std::string place_of(const std::filesystem::path& file, const tensor_entry& tensor) {
  return concat(printable(file.string()), ": tensor '", printable(tensor.name), "' ");
}

std::string header_of(const std::filesystem::path& file, const std::vector<tensor_entry>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t reached = 0;
  for (const tensor_entry& tensor : tensors) {
    const std::string where = place_of(file, tensor);
    ZT_CHECK(!header.contains(tensor.name) && tensor.name != "__metadata__", runtime, where,
             "is given twice");
    ZT_CHECK(tensor.name.size() <= longest_name && tensor.shape.size() <= highest_rank, runtime, where,
             "has too long a name or too many dimensions");
    const auto bytes = byte_count(tensor.shape, tensor.type);
    ZT_CHECK(bytes, runtime, where, "has the impossible shape [", joined_extents(tensor.shape), "]");
    header[tensor.name] = {{"dtype", name_of(tensor.type)},
                           {"shape", tensor.shape},
                           {"data_offsets", {reached, reached + *bytes}}};
    reached += *bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  ZT_CHECK(text.size() <= largest_header, runtime, printable(file.string()),
           ": too many tensors for one file");
  return text;
}

}  // namespace

safetensors_writer::safetensors_writer(std::filesystem::path file, std::vector<tensor_entry> tensors,
                                       const std::map<std::string, std::string>& metadata)
    : file_(std::move(file)), tensors_(std::move(tensors)), output_(file_) {
  const std::string header = header_of(file_, tensors_, metadata);
  std::array<std::byte, 8> length;
  for (int i = 0; i < 8; ++i) length[i] = static_cast<std::byte>(header.size() >> 8 * i);
  output_.write(length);
  output_.write(std::as_bytes(std::span(header)));
}

void safetensors_writer::write(std::span<const std::byte> bytes) {
  ZT_CHECK(next_ < tensors_.size(), runtime, printable(file_.string()), ": more than ", tensors_.size(),
           " tensors");
  const tensor_entry& tensor = tensors_[next_++];
  ZT_CHECK(byte_count(tensor.shape, tensor.type) == bytes.size(), runtime, place_of(file_, tensor), "has ",
           bytes.size(), " bytes, not what ", name_of(tensor.type), " [", joined_extents(tensor.shape),
           "] takes");
  output_.write(bytes);
}

void safetensors_writer::commit() {
  ZT_CHECK(next_ == tensors_.size(), runtime, printable(file_.string()), ": ", next_, " of ", tensors_.size(),
           " tensors are written");
  output_.commit();
}

void write_safetensors(const std::filesystem::path& file, const std::vector<stored_tensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  // The widest elements first, so that each tensor lies aligned; then by name.
  std::vector<const stored_tensor*> order;
  for (const stored_tensor& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const stored_tensor* a, const stored_tensor* b) {
    return std::pair(-static_cast<int>(size_of(a->type)), std::string_view(a->name)) <
           std::pair(-static_cast<int>(size_of(b->type)), std::string_view(b->name));
  });
  std::vector<tensor_entry> entries;
  for (const stored_tensor* tensor : order) entries.push_back({tensor->name, tensor->type, tensor->shape});
  safetensors_writer output(file, std::move(entries), metadata);
  for (const stored_tensor* tensor : order) output.write(tensor->bytes);
  output.commit();
}

}  // namespace zoetrope
