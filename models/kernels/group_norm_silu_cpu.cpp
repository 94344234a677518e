// See group_norm_silu.h. A clip is cut into chunks of positions, by its shape alone, so that no result
// depends on the number of threads:
//   statistics   chunk -> per channel (sum, sum of squares) about the chunk's first row
//                      -> per group (mean, m2) in f64; chunks are merged by Chan et al. 1979, eq. 2.1
//   application  chunk -> y
// Shifting by a sample bounds the cancellation of the one-pass variance by the chunk's length, however far
// the mean lies from zero. Both passes are bound by memory where a clip is larger than the cache. Measured not to
// pay there: clip by clip, the second pass backwards, results past the cache.
#include "models/kernels/group_norm_silu.h"

#include <vector>

#include "core/tensor/parallel.hpp"
#include "models/kernels/group_norm_silu_rows.h"

namespace zoetrope {

namespace {

using namespace group_norm_silu_rows;

constexpr int64_t chunk_positions = 128;

/// Mean of a set of values and sum of squared distances from it.
struct moments {
  double mean = 0, m2 = 0;
};

/// The sizes of a problem, and its walk over chunks.
template <class Element>
struct chunked {
  explicit chunked(const zt_group_norm_silu& p)
      : clips(p.clips),
        positions(p.positions),
        channels(p.channels),
        groups(p.groups),
        width(channels / groups),
        chunks((positions + chunk_positions - 1) / chunk_positions) {}

  /// Calls body(clip, chunk, offset of its first element, its positions) for every chunk, on all threads.
  template <class Body>
  void for_each_chunk(const Body& body) const {
    const int64_t grain =
        std::max<int64_t>(1, least_elements_a_thread / (std::min(positions, chunk_positions) * channels));
    at::parallel_for(0, clips * chunks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t clip = task / chunks, first = task % chunks * chunk_positions;
        body(clip, task % chunks, (clip * positions + first) * channels,
             std::min(chunk_positions, positions - first));
      }
    });
  }

  const int64_t clips, positions, channels, groups, width, chunks;
};

/// The moments of a chunk's groups.
template <class Element>
void moments_of_chunk(const chunked<Element>& shape, const Element* x, int64_t count, moments* of_groups) {
  std::vector<Element> sums(2 * shape.channels);
  std::vector<double> of_channels(2 * shape.channels);
  Element *const sum = sums.data(), *const squares = sum + shape.channels;
  double *const mean = of_channels.data(), *const m2 = mean + shape.channels;
  accumulate_moments(x, count, shape.channels, x, sum, squares);
  moments_of_channels(x, sum, squares, shape.channels, static_cast<double>(count), mean, m2);
  for (int64_t g = 0; g < shape.groups; ++g) {
    moments group;
    const int64_t first = g * shape.width, last = first + shape.width;
    for (int64_t c = first; c < last; ++c) group.mean += mean[c] / static_cast<double>(shape.width);
    for (int64_t c = first; c < last; ++c)
      group.m2 += m2[c] + static_cast<double>(count) * (mean[c] - group.mean) * (mean[c] - group.mean);
    of_groups[g] = group;
  }
}

/// Merges a clip's chunks: writes mean and rstd of its groups.
template <class Element>
void write_statistics(const chunked<Element>& shape, const moments* of_chunks, double eps, Element* mean,
                      Element* rstd) {
  for (int64_t g = 0; g < shape.groups; ++g) {
    moments all;
    double n = 0;
    for (int64_t chunk = 0; chunk < shape.chunks; ++chunk) {
      const moments& part = of_chunks[chunk * shape.groups + g];
      const int64_t count = std::min(chunk_positions, shape.positions - chunk * chunk_positions);
      const double part_n = static_cast<double>(count * shape.width), distance = part.mean - all.mean;
      all.m2 += part.m2 + distance * distance * n * part_n / (n + part_n);
      n += part_n;
      all.mean += distance * part_n / n;
    }
    mean[g] = static_cast<Element>(all.mean);
    rstd[g] = static_cast<Element>(1.0 / std::sqrt(all.m2 / n + eps));
  }
}

/// [groups] -> [channels]
template <class Element>
void spread_to_channels(const chunked<Element>& shape, const Element* by_group, Element* by_channel) {
  for (int64_t g = 0; g < shape.groups; ++g, by_channel += shape.width)
    std::fill_n(by_channel, shape.width, by_group[g]);
}

template <class Element>
void forward(const zt_group_norm_silu& p) {
  const chunked<Element> shape(p);
  const int64_t of_clip = shape.chunks * shape.groups;
  const auto *x = static_cast<const Element*>(p.x), *weight = static_cast<const Element*>(p.weight),
             *bias = static_cast<const Element*>(p.bias);
  auto *y = static_cast<Element*>(p.y), *means = static_cast<Element*>(p.mean),
       *rstds = static_cast<Element*>(p.rstd);
  std::vector<moments> of_chunks(shape.clips * of_clip);
  std::vector<Element> mean(shape.clips * shape.channels), scale(mean.size());  // [clips, channels]

  shape.for_each_chunk([&](int64_t clip, int64_t chunk, int64_t offset, int64_t count) {
    moments_of_chunk(shape, x + offset, count, &of_chunks[clip * of_clip + chunk * shape.groups]);
  });
  for (int64_t clip = 0; clip < shape.clips; ++clip) {
    Element *group_mean = means + clip * shape.groups, *group_rstd = rstds + clip * shape.groups;
    write_statistics(shape, &of_chunks[clip * of_clip], p.eps, group_mean, group_rstd);
    Element* const scale_of_clip = &scale[clip * shape.channels];
    spread_to_channels(shape, group_mean, &mean[clip * shape.channels]);
    spread_to_channels(shape, group_rstd, scale_of_clip);
    for (int64_t c = 0; c < shape.channels; ++c) scale_of_clip[c] *= weight[c];
  }
  shape.for_each_chunk([&](int64_t clip, int64_t, int64_t offset, int64_t count) {
    const int64_t first = clip * shape.channels;
    normalise(x + offset, count, shape.channels, {&mean[first], &scale[first], bias}, p.silu != 0,
              y + offset);
  });
}

template <class Element>
void backward(const zt_group_norm_silu& p) {
  const chunked<Element> shape(p);
  const int64_t channels = shape.channels;
  const auto *x = static_cast<const Element*>(p.x), *dy = static_cast<const Element*>(p.dy),
             *weight = static_cast<const Element*>(p.weight), *bias = static_cast<const Element*>(p.bias),
             *means = static_cast<const Element*>(p.mean), *rstds = static_cast<const Element*>(p.rstd);
  auto* dx = static_cast<Element*>(p.dx);
  const double group_size = static_cast<double>(shape.positions * shape.width);
  std::vector<Element> chunk_sums(shape.clips * shape.chunks * 2 * channels);  // [clips, chunks, 2, channels]
  std::vector<Element> mean(shape.clips * channels), rstd(mean.size()), mean_w_dz(mean.size()),
      mean_w_dz_h(mean.size());  // [clips, channels]
  std::vector<double> dbias(channels), dweight(channels);
  const auto tables = [&](int64_t clip) {
    return gradient_tables<Element>{&mean[clip * channels], &rstd[clip * channels], weight, bias};
  };
  /// What a clip adds to dbias and dweight, and its means over groups.
  const auto sum_clip = [&](int64_t clip) {
    std::vector<double> sums(2 * channels), of_groups(2 * shape.groups);
    for (int64_t chunk = 0; chunk < shape.chunks; ++chunk)
      for (int64_t i = 0; i < 2 * channels; ++i)
        sums[i] += chunk_sums[(clip * shape.chunks + chunk) * 2 * channels + i];
    for (int64_t c = 0; c < channels; ++c) {
      dbias[c] += sums[c];
      dweight[c] += sums[channels + c];
      of_groups[c / shape.width] += weight[c] * sums[c] / group_size;
      of_groups[shape.groups + c / shape.width] += weight[c] * sums[channels + c] / group_size;
    }
    const std::vector<Element> rounded(of_groups.begin(), of_groups.end());
    spread_to_channels(shape, rounded.data(), &mean_w_dz[clip * channels]);
    spread_to_channels(shape, rounded.data() + shape.groups, &mean_w_dz_h[clip * channels]);
  };

  for (int64_t clip = 0; clip < shape.clips; ++clip) {
    spread_to_channels(shape, means + clip * shape.groups, &mean[clip * channels]);
    spread_to_channels(shape, rstds + clip * shape.groups, &rstd[clip * channels]);
  }
  shape.for_each_chunk([&](int64_t clip, int64_t chunk, int64_t offset, int64_t count) {
    Element* sums = &chunk_sums[(clip * shape.chunks + chunk) * 2 * channels];
    accumulate_gradients(x + offset, dy + offset, count, channels, tables(clip), p.silu != 0, sums,
                         sums + channels);
  });
  for (int64_t clip = 0; clip < shape.clips; ++clip) sum_clip(clip);
  shape.for_each_chunk([&](int64_t clip, int64_t, int64_t offset, int64_t count) {
    apply_gradients(x + offset, dy + offset, count, channels, tables(clip), p.silu != 0,
                    &mean_w_dz[clip * channels], &mean_w_dz_h[clip * channels], dx + offset);
  });
  std::copy(dbias.begin(), dbias.end(), static_cast<Element*>(p.dbias));
  std::copy(dweight.begin(), dweight.end(), static_cast<Element*>(p.dweight));
}

}  // namespace

void group_norm_silu_forward_cpu(const zt_group_norm_silu& p) {
  p.dtype == zt_f64 ? forward<double>(p) : forward<float>(p);
}

void group_norm_silu_backward_cpu(const zt_group_norm_silu& p) {
  p.dtype == zt_f64 ? backward<double>(p) : backward<float>(p);
}

}  // namespace zoetrope
