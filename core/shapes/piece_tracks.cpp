// See piece_tracks.hpp.
#include "core/shapes/piece_tracks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/shapes/quantile.hpp"

namespace zoetrope {
namespace {

std::size_t usual_count(const std::vector<std::vector<piece>>& frames) {
  std::vector<std::size_t> counts;
  for (const std::vector<piece>& each : frames) counts.push_back(each.size());
  return quantile(counts, 0.5);
}

// Of the objects `last` seen where they are, if each is now the piece of that number in `order`.
double cost(const std::vector<const piece*>& last, const std::vector<piece>& found,
            const std::vector<std::size_t>& order, int side) {
  double sum = 0;
  for (std::size_t i = 0; i < last.size(); ++i)
    if (order[i] < found.size()) {
      const piece& next = found[order[i]];
      sum += colour_distance(last[i]->colour, next.colour) +
             std::hypot(last[i]->x - next.x, last[i]->y - next.y) / side;
    }
  return sum;
}

std::vector<std::size_t> cheapest_order(const std::vector<const piece*>& last,
                                        const std::vector<piece>& found, int side) {
  std::vector<std::size_t> order(last.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::size_t> best = order;
  double least = INFINITY;
  do
    if (const double price = cost(last, found, order, side); price < least) least = price, best = order;
  while (std::next_permutation(order.begin(), order.end()));
  return best;
}

}  // namespace

std::vector<piece_track> tracks_of(const std::vector<std::vector<piece>>& frames, int side) {
  const std::size_t count = usual_count(frames);
  const auto first = std::find_if(frames.begin(), frames.end(),
                                  [&](const std::vector<piece>& each) { return each.size() == count; });
  std::vector<const piece*> last;
  for (const piece& each : *first) last.push_back(&each);
  std::vector<piece_track> tracks(count, piece_track(frames.size(), nullptr));
  for (std::size_t f = 0; f < frames.size() && count > 0; ++f) {
    const std::vector<std::size_t> best = cheapest_order(last, frames[f], side);
    for (std::size_t i = 0; i < count; ++i)
      if (best[i] < frames[f].size()) last[i] = tracks[i][f] = &frames[f][best[i]];
  }
  return tracks;
}

}  // namespace zoetrope
