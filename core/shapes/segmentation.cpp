// See segmentation.hpp.
#include "core/shapes/segmentation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace zoetrope {
namespace {

constexpr float least_contrast = 0.2f;    // of an object to the background
constexpr float share_of_peak = 0.25f;    // … and to the strongest contrast in the clip
constexpr double least_area = 0.004;      // of the frame
constexpr double least_of_largest = 0.2;  // of the largest piece of the frame
constexpr std::size_t most_objects = 4;
constexpr int rim = 2;  // pixels about a piece that its soft edge may take

template <class Value>
Value quantile(std::vector<Value>& values, double share) {
  const auto at = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

rgb median(const std::vector<rgb>& colours) {
  rgb middle{};
  std::vector<float> values(colours.size());
  for (int c = 0; c < 3 && !colours.empty(); ++c) {
    std::transform(colours.begin(), colours.end(), values.begin(), [c](const rgb& each) { return each[c]; });
    middle[c] = quantile(values, 0.5);
  }
  return middle;
}

// One connected piece of a frame.
struct piece {
  int label = 0;
  std::size_t pixels = 0;
  double x = 0, y = 0;
  rgb colour{};
};

class segmenter {
 public:
  explicit segmenter(const float_clip& clip)
      : clip_(clip), width_(clip.width), height_(clip.height), size_(std::size_t(width_) * height_) {}

  segmentation run() {
    result_.background = median(border());
    find_contrasts();
    labels_.assign(size_ * clip_.frames, 0);
    for (int f = 0; f < clip_.frames; ++f) pieces_.push_back(find_pieces(f));
    follow(usual_count());
    return std::move(result_);
  }

 private:
  rgb colour(std::size_t pixel) const {
    const float* at = &clip_.pixels[pixel * 3];
    return {at[0], at[1], at[2]};
  }

  template <class Visit>
  void visit_border(Visit visit) const {
    for (int f = 0; f < clip_.frames; ++f)
      for (int y = 0; y < height_; ++y) {
        const bool is_edge = y == 0 || y == height_ - 1;
        for (int x = 0; x < width_; x += is_edge ? 1 : std::max(1, width_ - 1))
          visit(f * size_ + std::size_t(y) * width_ + x);
      }
  }

  std::vector<rgb> border() const {
    std::vector<rgb> colours;
    visit_border([&](std::size_t pixel) { colours.push_back(colour(pixel)); });
    return colours;
  }

  // Distance of each pixel, smoothed by (1 2 1) / 4 against noise, to the background.
  void find_contrasts() {
    contrast_.resize(size_ * clip_.frames);
    std::vector<float> rows(size_ * 3);
    const auto smoothed = [](float before, float here, float after) {
      return (before + 2 * here + after) / 4;
    };
    for (int f = 0; f < clip_.frames; ++f) {
      const float* frame = &clip_.pixels[f * size_ * 3];
      for (int y = 0; y < height_; ++y)
        for (int x = 0; x < width_; ++x)
          for (int c = 0; c < 3; ++c) {
            const auto at = [&](int column) {
              return frame[(std::size_t(y) * width_ + std::clamp(column, 0, width_ - 1)) * 3 + c];
            };
            rows[(std::size_t(y) * width_ + x) * 3 + c] = smoothed(at(x - 1), at(x), at(x + 1));
          }
      for (int y = 0; y < height_; ++y)
        for (int x = 0; x < width_; ++x) {
          rgb value;
          for (int c = 0; c < 3; ++c) {
            const auto at = [&](int row) {
              return rows[(std::size_t(std::clamp(row, 0, height_ - 1)) * width_ + x) * 3 + c];
            };
            value[c] = smoothed(at(y - 1), at(y), at(y + 1));
          }
          contrast_[f * size_ + std::size_t(y) * width_ + x] = colour_distance(value, result_.background);
        }
    }
    threshold_ = std::max({least_contrast, noise(), share_of_peak * peak()});
  }

  // What noise on the background hardly reaches: six standard deviations, from the median deviation.
  float noise() const {
    std::vector<float> values;
    visit_border([&](std::size_t pixel) { values.push_back(contrast_[pixel]); });
    const float middle = quantile(values, 0.5);
    for (float& value : values) value = std::abs(value - middle);
    return middle + 6 * 1.4826f * quantile(values, 0.5);
  }

  float peak() const {
    std::vector<float> values = contrast_;
    return quantile(values, 0.99);
  }

  // Pieces of pixels above the threshold that touch at sides or corners, the largest first.
  std::vector<piece> find_pieces(int frame) {
    std::vector<piece> pieces;
    const std::size_t first = frame * size_;
    for (std::size_t pixel = first; pixel < first + size_; ++pixel)
      if (contrast_[pixel] > threshold_ && labels_[pixel] == 0) pieces.push_back(fill(frame, pixel));
    std::sort(pieces.begin(), pieces.end(),
              [](const piece& a, const piece& b) { return a.pixels > b.pixels; });
    std::erase_if(pieces, [&, largest = pieces.empty() ? 0 : pieces[0].pixels](const piece& each) {
      return double(each.pixels) < std::max(least_area * double(size_), least_of_largest * double(largest));
    });
    if (pieces.size() > most_objects) pieces.resize(most_objects);
    return pieces;
  }

  piece fill(int frame, std::size_t start) {
    piece found{++last_label_};
    std::vector<std::size_t> open{start};
    std::vector<rgb> colours;
    labels_[start] = found.label;
    while (!open.empty()) {
      const std::size_t pixel = open.back(), inside = pixel - frame * size_;
      open.pop_back();
      const int x = int(inside % width_), y = int(inside / width_);
      ++found.pixels;
      found.x += x + 0.5, found.y += y + 0.5;
      colours.push_back(colour(pixel));
      for (int row = std::max(0, y - 1); row <= std::min(height_ - 1, y + 1); ++row)
        for (int column = std::max(0, x - 1); column <= std::min(width_ - 1, x + 1); ++column) {
          const std::size_t next = frame * size_ + std::size_t(row) * width_ + column;
          if (contrast_[next] <= threshold_ || labels_[next] != 0) continue;
          labels_[next] = found.label;
          open.push_back(next);
        }
    }
    found.x /= double(found.pixels), found.y /= double(found.pixels);
    found.colour = median(colours);
    return found;
  }

  std::size_t usual_count() const {
    std::vector<std::size_t> counts;
    for (const std::vector<piece>& each : pieces_) counts.push_back(each.size());
    return quantile(counts, 0.5);
  }

  // Links pieces from frame to frame: those of like colour that are near.
  void follow(std::size_t count) {
    std::vector<std::vector<const piece*>> tracks;
    for (const std::vector<piece>& each : pieces_)
      if (tracks.empty() && each.size() == count && count > 0)
        for (const piece& found : each) tracks.push_back({&found});
    std::vector<const piece*> last;
    for (const auto& track : tracks) last.push_back(track[0]);
    for (auto& track : tracks) track.assign(clip_.frames, nullptr);
    for (int f = 0; f < clip_.frames && !tracks.empty(); ++f) {
      std::vector<std::size_t> order(tracks.size());
      std::iota(order.begin(), order.end(), 0);
      std::vector<std::size_t> best = order;
      double least = INFINITY;
      do
        if (const double price = cost(last, pieces_[f], order); price < least) least = price, best = order;
      while (std::next_permutation(order.begin(), order.end()));
      for (std::size_t i = 0; i < tracks.size(); ++i)
        if (best[i] < pieces_[f].size()) last[i] = tracks[i][f] = &pieces_[f][best[i]];
    }
    for (const auto& track : tracks) result_.objects.push_back(seen(track));
  }

  double cost(const std::vector<const piece*>& last, const std::vector<piece>& found,
              const std::vector<std::size_t>& order) const {
    double sum = 0;
    for (std::size_t i = 0; i < last.size(); ++i)
      if (order[i] < found.size()) {
        const piece& next = found[order[i]];
        sum += colour_distance(last[i]->colour, next.colour) +
               std::hypot(last[i]->x - next.x, last[i]->y - next.y) / std::min(width_, height_);
      }
    return sum;
  }

  object_track seen(const std::vector<const piece*>& track) const {
    object_track result;
    result.colour = colour_of(track);
    for (int f = 0; f < clip_.frames; ++f) result.frames.push_back(measured(track[f], f, result.colour));
    return result;
  }

  // The median of the pixels that are not edges: those with most of the contrast that the object has.
  rgb colour_of(const std::vector<const piece*>& track) const {
    std::vector<float> contrasts;
    visit(track, [&](std::size_t pixel) { contrasts.push_back(contrast_[pixel]); });
    const float least = 0.75f * quantile(contrasts, 0.9);
    std::vector<rgb> colours;
    visit(track, [&](std::size_t pixel) {
      if (contrast_[pixel] >= least) colours.push_back(colour(pixel));
    });
    return median(colours);
  }

  template <class Visit>
  void visit(const std::vector<const piece*>& track, Visit visit) const {
    for (int f = 0; f < clip_.frames; ++f)
      for (std::size_t pixel = f * size_; track[f] && pixel < (f + 1) * size_; ++pixel)
        if (labels_[pixel] == track[f]->label) visit(pixel);
  }

  sighting measured(const piece* found, int frame, const rgb& object) const {
    sighting result;
    if (!found) return result;
    result.is_seen = true;
    result.box = box_of(found->label, frame);
    rgb line;
    float length = 0;
    for (int c = 0; c < 3; ++c) line[c] = object[c] - result_.background[c], length += line[c] * line[c];
    for (int y = result.box.top; y < result.box.bottom; ++y)
      for (int x = result.box.left; x < result.box.right; ++x) {
        float share = 0;
        if (belongs(found->label, frame, x, y)) {
          const rgb here = colour(frame * size_ + std::size_t(y) * width_ + x);
          for (int c = 0; c < 3; ++c) share += (here[c] - result_.background[c]) * line[c] / length;
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
    pixel_box box{width_, height_, 0, 0};
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x)
        if (labels_[frame * size_ + std::size_t(y) * width_ + x] == label) {
          box.left = std::min(box.left, x), box.right = std::max(box.right, x + 1);
          box.top = std::min(box.top, y), box.bottom = std::max(box.bottom, y + 1);
        }
    return {std::max(0, box.left - rim), std::max(0, box.top - rim), std::min(width_, box.right + rim),
            std::min(height_, box.bottom + rim)};
  }

  // Of the piece or next to it, and not of another one.
  bool belongs(int label, int frame, int x, int y) const {
    const int here = labels_[frame * size_ + std::size_t(y) * width_ + x];
    if (here != 0) return here == label;
    for (int row = std::max(0, y - rim); row <= std::min(height_ - 1, y + rim); ++row)
      for (int column = std::max(0, x - rim); column <= std::min(width_ - 1, x + rim); ++column)
        if (labels_[frame * size_ + std::size_t(row) * width_ + column] == label) return true;
    return false;
  }

  const float_clip& clip_;
  const int width_, height_;
  const std::size_t size_;
  std::vector<float> contrast_;
  float threshold_ = 0;
  std::vector<int> labels_;
  int last_label_ = 0;
  std::vector<std::vector<piece>> pieces_;
  segmentation result_;
};

}  // namespace

segmentation segment(const float_clip& clip) {
  check_clip(clip);
  return segmenter(clip).run();
}

}  // namespace zoetrope
