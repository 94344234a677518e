// See safetensors.hpp. The header is parsed by events straight into tensors: no tree is built of a file that
// may hold anything, and every number is checked before it is used.
#include "core/io/safetensors.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <tuple>

#include "core/error.hpp"
#include "core/io/confined_folder.hpp"
#include "core/io/safetensors_format.hpp"

namespace zoetrope {
namespace {

constexpr std::size_t most_tensors = 200'000;

struct element_row {
  element_type type;
  const char* name;
  std::size_t size;
};
constexpr element_row element_table[] = {
    {element_type::f64, "F64", 8},         {element_type::f32, "F32", 4},
    {element_type::f16, "F16", 2},         {element_type::bf16, "BF16", 2},
    {element_type::i64, "I64", 8},         {element_type::i32, "I32", 4},
    {element_type::i16, "I16", 2},         {element_type::i8, "I8", 1},
    {element_type::u8, "U8", 1},           {element_type::boolean, "BOOL", 1},
    {element_type::f8_e4m3, "F8_E4M3", 1}, {element_type::f8_e5m2, "F8_E5M2", 1},
};

const element_row& row_of(element_type type) {
  return *std::find_if(std::begin(element_table), std::end(element_table),
                       [&](const element_row& row) { return row.type == type; });
}

struct header_entry {
  std::string name;
  std::optional<element_type> type;
  std::optional<std::vector<int64_t>> shape;
  std::vector<uint64_t> offsets;
};

// Takes {name: {"dtype": …, "shape": […], "data_offsets": [begin, end]}, "__metadata__": {text: text}} and
// nothing else: a key twice, a key unknown, a signed or broken number, a level too deep are errors.
class header_parser : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<header_entry> entries;
  std::map<std::string, std::size_t> by_name;
  std::map<std::string, std::string> metadata;

  bool null() override { throw unexpected("null"); }
  bool boolean(bool) override { throw unexpected("true or false"); }
  bool number_integer(number_integer_t) override { throw unexpected("a number with a sign"); }
  bool number_float(number_float_t, const string_t& text) override {
    throw unexpected("the number " + printable(text, 40));
  }
  bool binary(binary_t&) override { throw unexpected("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool key(string_t& name) override;
  bool start_object(std::size_t) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception&) override {
    throw error(error_kind::bad_input, concat("the header is not valid JSON at byte ", 7 + position,
                                              ", near '", printable(token, 40), "'"));
  }

 private:
  enum class place { outside, top, metadata, tensor, shape, offsets };

  std::string where() const {
    if (place_ == place::outside) return "header";
    if (place_ == place::top) return concat("header: '", printable(name_), "'");
    if (place_ == place::metadata) return concat("__metadata__: '", printable(field_), "'");
    return concat("tensor '", printable(name_), "': ", printable(field_));
  }
  error unexpected(const std::string& what) const {
    return error(error_kind::bad_input, concat(where(), ": ", what, " does not belong there"));
  }

  place place_ = place::outside;
  std::string name_, field_;
  bool metadata_seen_ = false;
};

bool header_parser::number_unsigned(number_unsigned_t value) {
  if (place_ == place::shape) {
    ZT_CHECK(entries.back().shape->size() < highest_rank, bad_input, where(), ": more than ", highest_rank,
             " dimensions");
    ZT_CHECK(value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()), bad_input, where(), ": ",
             value, " is too large");
    entries.back().shape->push_back(static_cast<int64_t>(value));
  } else if (place_ == place::offsets) {
    ZT_CHECK(entries.back().offsets.size() < 2, bad_input, where(), ": wanted [begin, end]");
    entries.back().offsets.push_back(value);
  } else {
    throw unexpected("a number");
  }
  return true;
}

bool header_parser::string(string_t& value) {
  if (place_ == place::metadata) {
    ZT_CHECK(metadata.emplace(field_, std::move(value)).second, bad_input, where(), " appears twice");
    return true;
  }
  if (place_ != place::tensor || field_ != "dtype") throw unexpected("text");
  const auto row = std::find_if(std::begin(element_table), std::end(element_table),
                                [&](const element_row& known) { return value == known.name; });
  ZT_CHECK(row != std::end(element_table), bad_input, where(), " is '", printable(value, 40),
           "'; wanted F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, F8_E4M3 or F8_E5M2");
  ZT_CHECK(!entries.back().type, bad_input, where(), " appears twice");
  entries.back().type = row->type;
  return true;
}

bool header_parser::key(string_t& name) {
  if (place_ == place::top) {
    ZT_CHECK(name.size() <= longest_name, bad_input, "header: a name of ", name.size(), " bytes; at most ",
             longest_name, " are taken");
    name_ = std::move(name);
  } else {
    field_ = std::move(name);
    ZT_CHECK(place_ == place::metadata || field_ == "dtype" || field_ == "shape" || field_ == "data_offsets",
             bad_input, where(), " is no key of the format");
  }
  return true;
}

bool header_parser::start_object(std::size_t) {
  if (place_ == place::outside) {
    place_ = place::top;
  } else if (place_ == place::top && name_ == "__metadata__") {
    ZT_CHECK(!metadata_seen_, bad_input, where(), " appears twice");
    metadata_seen_ = true;
    place_ = place::metadata;
  } else if (place_ == place::top) {
    ZT_CHECK(by_name.emplace(name_, entries.size()).second, bad_input, where(), " appears twice");
    ZT_CHECK(entries.size() < most_tensors, bad_input, "header: more than ", most_tensors, " tensors");
    entries.push_back({name_, {}, {}, {}});
    place_ = place::tensor;
  } else {
    throw unexpected("an object");
  }
  return true;
}

bool header_parser::end_object() {
  if (place_ == place::tensor) {
    const header_entry& entry = entries.back();
    ZT_CHECK(entry.type && entry.shape && entry.offsets.size() == 2, bad_input, "tensor '", printable(name_),
             "': wanted dtype, shape and data_offsets, got no complete ",
             !entry.type    ? "dtype"
             : !entry.shape ? "shape"
                            : "data_offsets");
  }
  place_ = place_ == place::top ? place::outside : place::top;
  return true;
}

bool header_parser::start_array(std::size_t) {
  if (place_ != place::tensor || field_ == "dtype") throw unexpected("a list");
  if (field_ == "shape") {
    ZT_CHECK(!entries.back().shape, bad_input, where(), " appears twice");
    entries.back().shape.emplace();
    place_ = place::shape;
  } else {
    ZT_CHECK(entries.back().offsets.empty(), bad_input, where(), " appears twice");
    place_ = place::offsets;
  }
  return true;
}

bool header_parser::end_array() {
  ZT_CHECK(place_ != place::offsets || entries.back().offsets.size() == 2, bad_input, where(),
           ": wanted [begin, end]");
  place_ = place::tensor;
  return true;
}

// Length of the JSON text after the first eight bytes.
std::size_t header_length(std::span<const std::byte> bytes) {
  ZT_CHECK(bytes.size() >= 8, bad_input, "not a safetensors file: ", bytes.size(),
           " bytes, wanted at least 8");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              std::min<std::size_t>(bytes.size(), 64));
  expect_no_lfs_pointer(text);
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | std::to_integer<uint64_t>(bytes[i]);
  ZT_CHECK(length >= 2 && length <= largest_header, bad_input,
           "not a safetensors file: header length at byte 0 is ", length, ", wanted 2 to ", largest_header);
  ZT_CHECK(length <= bytes.size() - 8, bad_input, "truncated: the header takes bytes 8 to ", 8 + length,
           ", the file has ", bytes.size());
  ZT_CHECK(bytes[8] == std::byte{'{'}, bad_input,
           "not a safetensors file: the header does not begin with '{' at byte 8");
  return static_cast<std::size_t>(length);
}

// The tensors in the order of their bytes, which must cover `data` without holes or overlaps.
std::vector<stored_tensor> placed(std::vector<header_entry>& entries, std::span<const std::byte> data) {
  std::sort(entries.begin(), entries.end(), [](const header_entry& a, const header_entry& b) {
    return std::tie(a.offsets[0], a.offsets[1], a.name) < std::tie(b.offsets[0], b.offsets[1], b.name);
  });
  std::vector<stored_tensor> tensors;
  tensors.reserve(entries.size());
  uint64_t reached = 0;
  for (header_entry& entry : entries) {
    const uint64_t begin = entry.offsets[0], end = entry.offsets[1];
    const std::string where = concat("tensor '", printable(entry.name), "': ");
    const auto wanted = byte_count(*entry.shape, *entry.type);
    ZT_CHECK(wanted, bad_input, where, "shape [", joined_extents(*entry.shape), "] is too large");
    ZT_CHECK(begin == reached, bad_input, where, "data_offsets begin at ", begin,
             begin < reached ? ", an overlap" : ", a hole", ": the tensor before ends at ", reached);
    ZT_CHECK(end >= begin && end - begin == *wanted, bad_input, where, "data_offsets [", begin, ", ", end,
             "] hold ", end >= begin ? end - begin : 0, " bytes, ", name_of(*entry.type), " [",
             joined_extents(*entry.shape), "] takes ", *wanted);
    ZT_CHECK(end <= data.size(), bad_input, where, "truncated: data_offsets end at ", end, ", the file has ",
             data.size(), " bytes of data");
    tensors.push_back(
        {std::move(entry.name), *entry.type, std::move(*entry.shape), data.subspan(begin, end - begin)});
    reached = end;
  }
  ZT_CHECK(reached == data.size(), bad_input, data.size() - reached, " bytes at the end belong to no tensor");
  return tensors;
}

}  // namespace

const char* name_of(element_type type) { return row_of(type).name; }
std::size_t size_of(element_type type) { return row_of(type).size; }

std::optional<uint64_t> byte_count(const std::vector<int64_t>& shape, element_type type) {
  uint64_t count = size_of(type);
  bool empty = false;
  for (const int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    empty |= extent == 0;
    if (extent != 0 && __builtin_mul_overflow(count, static_cast<uint64_t>(extent), &count))
      return std::nullopt;
    if (count > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  }
  return empty ? 0 : count;
}

std::string joined_extents(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return text;
}

safetensors_file safetensors_file::open(const std::filesystem::path& file) {
  return open(mapped_file::open(file));
}

safetensors_file safetensors_file::open(std::shared_ptr<const mapped_file> mapping) {
  return in_context(printable(mapping->path().string()), [&] {
    const auto bytes = mapping->bytes();
    const auto text = bytes.subspan(8, header_length(bytes));
    // The JSON lexer takes a NUL for the end and would not see what follows.
    ZT_CHECK(std::find(text.begin(), text.end(), std::byte{0}) == text.end(), bad_input,
             "the header has a NUL byte");
    const char* start = reinterpret_cast<const char*>(text.data());
    header_parser header;
    nlohmann::json::sax_parse(start, start + text.size(), &header);

    safetensors_file result;
    result.tensors_ = placed(header.entries, bytes.subspan(8 + text.size()));
    for (std::size_t i = 0; i < result.tensors_.size(); ++i) header.by_name[result.tensors_[i].name] = i;
    result.by_name_ = std::move(header.by_name);
    result.metadata_ = std::move(header.metadata);
    result.mapping_ = std::move(mapping);
    return result;
  });
}

const stored_tensor* safetensors_file::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace zoetrope
