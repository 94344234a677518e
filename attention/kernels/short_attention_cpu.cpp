// See short_attention.h. One job is a (pixel, head): queries are transposed to [channels][tokens], scores are
// kept as [keys][tokens], and everything but q, k, v and y stays in the first two caches.
#include "attention/kernels/short_attention.h"

#include <cstring>

#define ZT_BODY "attention/kernels/short_attention_cpu.inl"
#include "attention/kernels/every_instruction_set.hpp"
#include "core/tensor/parallel.hpp"

namespace zoetrope {

namespace {

constexpr int64_t cache_line = 64;  // bytes

void run(const zt_attention& p, int64_t begin, int64_t end, bool backward) {
  ZT_FOR_THIS_MACHINE(short_attention)(p, begin, end, backward);
}

/// Many frames are more streams of memory than a core follows. The rows of two neighbouring pixels are then
/// brought side by side first, each frame's while the next one's is fetched. Measured to pay above 8 frames.
class gathered_pixels {
 public:
  static constexpr int64_t pixels = 2, least_tokens = 9;

  static bool pays(const zt_attention& p) {
    const auto side_by_side = [&p](const zt_attention_strides& s) {
      return s.head == p.head_dim && s.inner == p.heads * p.head_dim;
    };
    return p.tokens >= least_tokens && p.tokens == p.keys && side_by_side(p.q_strides) &&
           side_by_side(p.k_strides) && side_by_side(p.v_strides) && side_by_side(p.y_strides);
  }

  explicit gathered_pixels(const zt_attention& p)
      : p_(p),
        bytes_(p.dtype == zt_f64 ? sizeof(double) : sizeof(float)),
        rows_(p.tokens * pixels * p.heads * p.head_dim),
        room_(static_cast<std::size_t>(4 * rows_ * bytes_)) {}

  void forward(int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end;) {
      const int64_t outer = pixel / p_.inner, inner = pixel % p_.inner;
      const int64_t count = std::min({pixels, p_.inner - inner, end - pixel});
      zt_attention part = p_;
      part.outer = 1;
      part.inner = count;
      const int64_t row = count * p_.heads * p_.head_dim;
      part.q_strides = part.k_strides = part.v_strides =
          part.y_strides = {0, p_.heads * p_.head_dim, p_.head_dim, row};
      part.q = bring(p_.q, p_.q_strides, outer, inner, row, 0);
      part.k = bring(p_.k, p_.k_strides, outer, inner, row, 1);
      part.v = bring(p_.v, p_.v_strides, outer, inner, row, 2);
      part.y = place(3);
      if (p_.bias != nullptr)
        part.bias = static_cast<const char*>(p_.bias) +
                    (outer * p_.bias_strides.outer + inner * p_.bias_strides.inner) * bytes_;
      run(part, 0, count, /*backward=*/false);
      for (int64_t i = 0; i < p_.tokens; ++i)
        std::memcpy(static_cast<char*>(p_.y) + offset(p_.y_strides, outer, inner, i),
                    place(3) + i * row * bytes_, static_cast<std::size_t>(row * bytes_));
      pixel += count;
    }
  }

 private:
  int64_t offset(const zt_attention_strides& s, int64_t outer, int64_t inner, int64_t token) const {
    return (outer * s.outer + inner * s.inner + token * s.token) * bytes_;
  }
  char* place(int64_t which) { return room_.data() + which * rows_ * bytes_; }
  const char* bring(const void* from, const zt_attention_strides& s, int64_t outer, int64_t inner,
                    int64_t row, int64_t which) {
    const auto frame = [&](int64_t i) { return static_cast<const char*>(from) + offset(s, outer, inner, i); };
    for (int64_t i = 0; i < p_.tokens; ++i) {
      if (i + 1 < p_.tokens) fetch(frame(i + 1), row * bytes_);
      std::memcpy(place(which) + i * row * bytes_, frame(i), static_cast<std::size_t>(row * bytes_));
    }
    return place(which);
  }
  static void fetch(const char* from, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i += cache_line) __builtin_prefetch(from + i);
  }

  const zt_attention& p_;
  const int64_t bytes_, rows_;
  std::vector<char> room_;
};

template <class Task>
void over_pixels(const zt_attention& p, const Task& task) {
  const int64_t elements = p.heads * (p.tokens + p.keys) * p.head_dim;
  at::parallel_for(0, p.outer * p.inner, std::max<int64_t>(1, least_elements_a_thread / elements), task);
}

}  // namespace

void short_attention_forward_cpu(const zt_attention& problem) {
  const bool gather = gathered_pixels::pays(problem);
  over_pixels(problem, [&](int64_t begin, int64_t end) {
    if (gather)
      gathered_pixels(problem).forward(begin, end);
    else
      run(problem, begin, end, /*backward=*/false);
  });
}

void short_attention_backward_cpu(const zt_attention& problem) {
  over_pixels(problem, [&](int64_t begin, int64_t end) { run(problem, begin, end, /*backward=*/true); });
}

}  // namespace zoetrope
