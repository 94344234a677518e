// See segmentation.hpp.
#include "core/shapes/segmentation.hpp"

#include <algorithm>

#include "core/shapes/contrast_map.hpp"
#include "core/shapes/frame_pieces.hpp"
#include "core/shapes/piece_tracks.hpp"
#include "core/shapes/quantile.hpp"

namespace zoetrope {
namespace {

constexpr int rim = 2;  // pixels about a piece that its soft edge may take

// What of a clip is an object whose pieces are known.
class track_measure {
 public:
  track_measure(const float_clip& clip, const contrast_map& seen, const piece_map& pieces)
      : clip_(clip), seen_(seen), pieces_(pieces), size_(std::size_t(clip.width) * clip.height) {}

  object_track measured(const piece_track& track) const {
    object_track result;
    result.colour = colour_of(track);
    for (int f = 0; f < clip_.frames; ++f) result.frames.push_back(sighting_of(track[f], f, result.colour));
    return result;
  }

 private:
  // The median of the pixels that are not edges: those with most of the contrast that the object has.
  rgb colour_of(const piece_track& track) const {
    std::vector<float> contrasts;
    visit(track, [&](std::size_t pixel) { contrasts.push_back(seen_.contrast[pixel]); });
    const float least = 0.75f * quantile(contrasts, 0.9);
    std::vector<rgb> colours;
    visit(track, [&](std::size_t pixel) {
      if (seen_.contrast[pixel] >= least) colours.push_back(colour_at(clip_, pixel));
    });
    return median(colours);
  }

  template <class Visit>
  void visit(const piece_track& track, Visit visit) const {
    for (int f = 0; f < clip_.frames; ++f)
      for (std::size_t pixel = f * size_; track[f] && pixel < (f + 1) * size_; ++pixel)
        if (pieces_.labels[pixel] == track[f]->label) visit(pixel);
  }

  sighting sighting_of(const piece* found, int frame, const rgb& object) const {
    sighting result;
    if (!found) return result;
    result.is_seen = true;
    result.box = box_of(found->label, frame);
    rgb line;
    float length = 0;
    for (int c = 0; c < 3; ++c) line[c] = object[c] - seen_.background[c], length += line[c] * line[c];
    for (int y = result.box.top; y < result.box.bottom; ++y)
      for (int x = result.box.left; x < result.box.right; ++x) {
        float share = 0;
        if (belongs(found->label, frame, x, y)) {
          const rgb here = colour_at(clip_, frame * size_ + std::size_t(y) * clip_.width + x);
          for (int c = 0; c < 3; ++c) share += (here[c] - seen_.background[c]) * line[c] / length;
        }
        share = std::clamp(share, -0.25f, 1.25f);  // noise below 0 makes up for noise above
        result.share.push_back(share);
        result.area += share;
        result.x += share * (x + 0.5), result.y += share * (y + 0.5);
      }
    result.x /= result.area, result.y /= result.area;
    return result;
  }

  pixel_box box_of(int label, int frame) const {
    pixel_box box{clip_.width, clip_.height, 0, 0};
    for (int y = 0; y < clip_.height; ++y)
      for (int x = 0; x < clip_.width; ++x)
        if (pieces_.labels[frame * size_ + std::size_t(y) * clip_.width + x] == label) {
          box.left = std::min(box.left, x), box.right = std::max(box.right, x + 1);
          box.top = std::min(box.top, y), box.bottom = std::max(box.bottom, y + 1);
        }
    return {std::max(0, box.left - rim), std::max(0, box.top - rim), std::min(clip_.width, box.right + rim),
            std::min(clip_.height, box.bottom + rim)};
  }

  // Of the piece or next to it, and not of another one.
  bool belongs(int label, int frame, int x, int y) const {
    const int here = pieces_.labels[frame * size_ + std::size_t(y) * clip_.width + x];
    if (here != 0) return here == label;
    for (int row = std::max(0, y - rim); row <= std::min(clip_.height - 1, y + rim); ++row)
      for (int column = std::max(0, x - rim); column <= std::min(clip_.width - 1, x + rim); ++column)
        if (pieces_.labels[frame * size_ + std::size_t(row) * clip_.width + column] == label) return true;
    return false;
  }

  const float_clip& clip_;
  const contrast_map& seen_;
  const piece_map& pieces_;
  const std::size_t size_;
};

}  // namespace

segmentation segment(const float_clip& clip) {
  check_clip(clip);
  const contrast_map seen = contrasts_of(clip);
  const piece_map pieces = pieces_of(clip, seen);
  const track_measure measure(clip, seen, pieces);
  segmentation found{seen.background, {}};
  for (const piece_track& track : tracks_of(pieces.frames, std::min(clip.width, clip.height)))
    found.objects.push_back(measure.measured(track));
  return found;
}

}  // namespace zoetrope
