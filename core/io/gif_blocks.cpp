// See gif_blocks.hpp. GIF89a specification, sections 17-27: header and screen (13 bytes), a table of colours,
// then blocks: 0x21 label: an extension, 0x2C: a picture, both ending in a chain of sub-blocks (size, bytes;
// size 0 ends it); 0x3B: the trailer.
#include "core/io/gif_blocks.hpp"

#include <fstream>
#include <string_view>

#include "core/error.hpp"

namespace zoetrope {
namespace {

struct gif_contents {
  std::vector<double> delays_ms;  ///< of the frames whose blocks are whole
  bool whole = false;             ///< up to the trailer
};

class gif_scanner {
 public:
  explicit gif_scanner(const std::filesystem::path& file) : stream_(file, std::ios::binary) {}

  gif_contents contents() {
    char start[4] = {};
    stream_.read(start, sizeof start);
    if (!stream_ || std::string_view(start, sizeof start) != "GIF8") return {};
    skip(2 + 4);  // the rest of the version, width and height
    skip_colours(byte());
    skip(2);  // background, aspect ratio

    gif_contents found;
    double pending = 0;
    while (true) {
      const int introducer = byte();
      if (introducer == 0x21) {
        if (byte() == 0xF9) pending = control_delay_ms();
        skip_sub_blocks();
      } else if (introducer == 0x2C) {
        skip(8);  // the picture's place and size
        skip_colours(byte());
        skip(1);  // LZW code size
        skip_sub_blocks();
        if (!stream_) return found;
        found.delays_ms.push_back(pending);
        pending = 0;
      } else {
        found.whole = introducer == 0x3B;
        return found;
      }
    }
  }

 private:
  int byte() { return stream_.get(); }  // -1 at the end, which no block begins with
  void skip(std::streamoff bytes) { stream_.seekg(bytes, std::ios::cur); }

  // A table of 2^(n + 1) colours is there if the packed field's highest bit is set; n are its lowest three.
  // (The screen's comes after two more bytes, which makes no difference to what is skipped in all.)
  void skip_colours(int packed) {
    if (packed >= 0 && packed & 0x80) skip(std::streamoff{3} << ((packed & 7) + 1));
  }

  void skip_sub_blocks() {
    for (int size = byte(); size > 0; size = byte()) skip(size);
  }

  // Block size (4), flags, delay in hundredths; the transparent colour.
  double control_delay_ms() {
    skip(2);
    const int low = byte(), high = byte();
    skip(1);
    return stream_ ? 10.0 * (low + 256 * high) : 0.0;
  }

  std::ifstream stream_;
};

}  // namespace

std::vector<double> stored_gif_delays_ms(const std::filesystem::path& file) {
  return gif_scanner(file).contents().delays_ms;
}

void check_gif_is_whole(const std::filesystem::path& file) {
  const gif_contents found = gif_scanner(file).contents();
  ZT_CHECK(found.whole, bad_input, "the GIF is cut or not finished: behind ", found.delays_ms.size(),
           " whole frames its end mark (0x3B) is missing");
}

}  // namespace zoetrope
