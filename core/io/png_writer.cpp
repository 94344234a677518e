// PNG through libpng (ISO/IEC 15948). Same picture, same bytes: no time chunk, fixed filters and compression.
#include <png.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/frame_writers.hpp"

namespace zoetrope {
namespace {

// libpng demands that its error function does not return; an exception may leave it, as libpng holds nothing
// that the destructor below does not free.
[[noreturn]] void fail(png_structp, png_const_charp message) {
  throw error(error_kind::runtime, concat("PNG: ", message));
}
void ignore(png_structp, png_const_charp) {}

void append(png_structp png, png_bytep data, std::size_t size) {
  auto& out = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

struct png_writer {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
  png_infop info = png ? png_create_info_struct(png) : nullptr;

  png_writer() = default;
  png_writer(const png_writer&) = delete;
  png_writer& operator=(const png_writer&) = delete;
  ~png_writer() { png_destroy_write_struct(&png, &info); }
};

void set_text(const png_writer& writer, const media_metadata& metadata) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  std::vector<png_text> entries;
  for (const auto& [key, value] : metadata) {
    ZT_CHECK(!key.empty() && key.size() <= 79 && std::all_of(key.begin(), key.end(), ascii), usage,
             "PNG metadata key '", printable(key), "': wanted 1 to 79 ASCII characters");
    const bool plain = std::all_of(value.begin(), value.end(), ascii);
    png_text entry{};
    entry.compression = plain ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    entry.key = const_cast<char*>(key.c_str());
    entry.text = const_cast<char*>(value.c_str());
    (plain ? entry.text_length : entry.itxt_length) = value.size();
    entries.push_back(entry);
  }
  if (!entries.empty())
    png_set_text(writer.png, writer.info, entries.data(), static_cast<int>(entries.size()));
}

}  // namespace

std::vector<std::byte> png_bytes(int width, int height, std::span<const uint8_t> pixels,
                                 const media_metadata& metadata) {
  const png_writer writer;
  ZT_CHECK(writer.info, out_of_memory, "PNG: no memory");
  std::vector<std::byte> out;
  png_set_write_fn(writer.png, &out, append, nullptr);
  png_set_IHDR(writer.png, writer.info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(writer.png, 6);
  set_text(writer, metadata);
  png_write_info(writer.png, writer.info);
  for (int y = 0; y < height; ++y)
    png_write_row(writer.png, pixels.data() + static_cast<std::size_t>(y) * width * 3);
  png_write_end(writer.png, nullptr);
  return out;
}

void write_png(const std::filesystem::path& file, const rgb_image& image, const media_metadata& metadata) {
  check_image(image.width, image.height, image.pixels.size(), "the picture");
  atomic_file out(file);
  out.write(png_bytes(image.width, image.height, image.pixels, metadata));
  out.commit();
}

}  // namespace zoetrope
