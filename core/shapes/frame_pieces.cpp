// See frame_pieces.hpp.
#include "core/shapes/frame_pieces.hpp"

#include <algorithm>

#include "core/shapes/quantile.hpp"

namespace zoetrope {
namespace {

constexpr double least_area = 0.004;      // of the frame
constexpr double least_of_largest = 0.2;  // of the largest piece of the frame
constexpr std::size_t most_objects = 4;

class piece_finder {
 public:
  piece_finder(const float_clip& clip, const contrast_map& seen)
      : clip_(clip), seen_(seen), size_(std::size_t(clip.width) * clip.height) {
    found_.labels.assign(size_ * clip.frames, 0);
  }

  piece_map run() {
    for (int f = 0; f < clip_.frames; ++f) found_.frames.push_back(find(f));
    return std::move(found_);
  }

 private:
  std::vector<piece> find(int frame) {
    std::vector<piece> pieces;
    const std::size_t first = frame * size_;
    for (std::size_t pixel = first; pixel < first + size_; ++pixel)
      if (is_free(pixel)) pieces.push_back(fill(frame, pixel));
    std::sort(pieces.begin(), pieces.end(),
              [](const piece& a, const piece& b) { return a.pixels > b.pixels; });
    std::erase_if(pieces, [&, largest = pieces.empty() ? 0 : pieces[0].pixels](const piece& each) {
      return double(each.pixels) < std::max(least_area * double(size_), least_of_largest * double(largest));
    });
    if (pieces.size() > most_objects) pieces.resize(most_objects);
    return pieces;
  }

  bool is_free(std::size_t pixel) const {
    return seen_.contrast[pixel] > seen_.threshold && found_.labels[pixel] == 0;
  }

  piece fill(int frame, std::size_t start) {
    piece found{++last_label_};
    std::vector<std::size_t> open{start};
    std::vector<rgb> colours;
    found_.labels[start] = found.label;
    while (!open.empty()) {
      const std::size_t pixel = open.back(), inside = pixel - frame * size_;
      open.pop_back();
      const int x = int(inside % clip_.width), y = int(inside / clip_.width);
      ++found.pixels;
      found.x += x + 0.5, found.y += y + 0.5;
      colours.push_back(colour_at(clip_, pixel));
      for (int row = std::max(0, y - 1); row <= std::min(clip_.height - 1, y + 1); ++row)
        for (int column = std::max(0, x - 1); column <= std::min(clip_.width - 1, x + 1); ++column) {
          const std::size_t next = frame * size_ + std::size_t(row) * clip_.width + column;
          if (!is_free(next)) continue;
          found_.labels[next] = found.label;
          open.push_back(next);
        }
    }
    found.x /= double(found.pixels), found.y /= double(found.pixels);
    found.colour = median(colours);
    return found;
  }

  const float_clip& clip_;
  const contrast_map& seen_;
  const std::size_t size_;
  int last_label_ = 0;
  piece_map found_;
};

}  // namespace

piece_map pieces_of(const float_clip& clip, const contrast_map& seen) {
  return piece_finder(clip, seen).run();
}

}  // namespace zoetrope
