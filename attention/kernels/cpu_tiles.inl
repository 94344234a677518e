// What the CPU twins of our attention kernels share; compiled by every_instruction_set.hpp in its namespaces.
//
// One product, C += A B, serves all: an element of A is broadcast over a vector of a row of B, and eight rows
// of C stay in registers.
//
//               columns ->                 A may be read along either stride, so it may be a transpose;
//            B  [vector]                   rows of B are contiguous: keys and values where they lie,
//   A [a]    C  [vector] x 8 rows          queries transposed once.
//     [a]       [vector]                   Each sum runs over the depth in order: no result depends on
//                                          threads, or on what else is in the batch.
//
// Scores are held transposed, [keys][queries]: a softmax then runs down the vectors, with no sum across one.

template <class Real, int Bytes>
struct simd {
  static constexpr int lanes = Bytes / static_cast<int>(sizeof(Real));
  typedef Real vector __attribute__((vector_size(Bytes)));
  typedef Real unaligned __attribute__((vector_size(Bytes), aligned(alignof(Real)), may_alias));
  static ZT_INLINE void load(vector& x, const Real* from) { x = *reinterpret_cast<const unaligned*>(from); }
  static ZT_INLINE void store(const vector& x, Real* to) { *reinterpret_cast<unaligned*>(to) = x; }
};

/// Element (row, column) is data[row * row_stride + column * column_stride].
template <class Real>
struct strided {
  const Real* data;
  int64_t row_stride, column_stride = 1;
};

/// Queries (and columns of a product) come in eights: one vector, or the half of one.
constexpr int64_t eight = 8;
constexpr int64_t padded(int64_t count) { return (count + eight - 1) / eight * eight; }

template <int Rows, int Bytes, class Real>
ZT_INLINE void product_strip(strided<Real> a, const Real* b, int64_t b_stride, int64_t depth, Real* c,
                             int64_t c_stride, bool add) {
  using simd_here = simd<Real, Bytes>;
  typename simd_here::vector sum[Rows], row;
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
    if (add)
      simd_here::load(sum[r], c + r * c_stride);
    else
      sum[r] = typename simd_here::vector{};
  for (int64_t k = 0; k < depth; ++k, a.data += a.column_stride, b += b_stride) {
    simd_here::load(row, b);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) sum[r] += a.data[r * a.row_stride] * row;
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) simd_here::store(sum[r], c + r * c_stride);
}

template <int Rows, class Real>
ZT_INLINE void product_rows(strided<Real> a, const Real* b, int64_t b_stride, int64_t depth, int64_t columns,
                            Real* c, int64_t c_stride, bool add) {
  constexpr int64_t lanes = simd<Real, vector_bytes>::lanes;
  int64_t column = 0;
  for (; column + lanes <= columns; column += lanes)
    product_strip<Rows, vector_bytes>(a, b + column, b_stride, depth, c + column, c_stride, add);
  if constexpr (lanes > eight)
    if (column < columns)
      product_strip<Rows, vector_bytes / 2>(a, b + column, b_stride, depth, c + column, c_stride, add);
}

/// C (+)= A B, with A [rows, depth], B [depth, columns], C [rows, columns]; columns in eights.
template <class Real>
ZT_INLINE void product(strided<Real> a, const Real* b, int64_t b_stride, int64_t rows, int64_t depth,
                       int64_t columns, Real* c, int64_t c_stride, bool add = false) {
  int64_t row = 0;
  const auto from = [&]() {
    return strided<Real>{a.data + row * a.row_stride, a.row_stride, a.column_stride};
  };
  for (; row + 8 <= rows; row += 8)
    product_rows<8>(from(), b, b_stride, depth, columns, c + row * c_stride, c_stride, add);
  for (; row + 4 <= rows; row += 4)
    product_rows<4>(from(), b, b_stride, depth, columns, c + row * c_stride, c_stride, add);
  for (; row < rows; ++row)
    product_rows<1>(from(), b, b_stride, depth, columns, c + row * c_stride, c_stride, add);
}

/// to[c][i] = factor * rows[i][c] for eight rows i and eight channels c: three rounds of interleaving.
template <class Real>
ZT_INLINE void transpose_eight(const Real* const* rows, Real factor, Real* to, int64_t to_stride) {
  using simd_here = simd<Real, eight* static_cast<int>(sizeof(Real))>;
  typename simd_here::vector x[8], mixed[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) simd_here::load(x[i], rows[i]);
#pragma GCC unroll 3
  for (int round = 0; round < 3; ++round) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      mixed[2 * i] = __builtin_shufflevector(x[i], x[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
      mixed[2 * i + 1] = __builtin_shufflevector(x[i], x[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) x[i] = mixed[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) simd_here::store(x[i] * factor, to + i * to_stride);
}

/// from: [count, channels] by stride -> to: [channels, padded(count)], times factor; zeros beyond count.
template <class Real>
ZT_INLINE void transpose(const Real* from, int64_t stride, int64_t count, int64_t channels, Real factor,
                         Real* to) {
  static const Real zeros[eight] = {};
  const int64_t width = padded(count);
  for (int64_t row = 0; row < width; row += eight)
    for (int64_t channel = 0; channel < channels; channel += eight) {
      const Real* rows[eight];
#pragma GCC unroll 8
      for (int64_t i = 0; i < eight; ++i)
        rows[i] = row + i < count ? from + (row + i) * stride + channel : zeros;
      transpose_eight(rows, factor, to + channel * width + row, width);
    }
}

#include "core/exponential.inl"

/// x <- exp(x) for x <= 0; below -87 it is 0; NaN stays NaN.
template <int Bytes>
ZT_INLINE void exponential(typename simd<float, Bytes>::vector& x) {
  typedef int32_t integers __attribute__((vector_size(Bytes)));
  const integers vanishes = x < -87.0f;
  exponentiate<integers>(x);
  x = vanishes ? typename simd<float, Bytes>::vector{} : x;
}
template <int Bytes>
ZT_INLINE void exponential(typename simd<double, Bytes>::vector& x) {
  double values[simd<double, Bytes>::lanes];
  simd<double, Bytes>::store(x, values);
  for (double& value : values) value = std::exp(value);
  simd<double, Bytes>::load(x, values);
}
template <class Real, int Bytes>
ZT_INLINE void exponential_of(typename simd<Real, Bytes>::vector& x) {
  exponential<Bytes>(x);
}

/// Softmax down the columns of s: [keys, stride], for one vector of queries. Queries that see no key get
/// zeros.
template <int Bytes, class Real>
ZT_INLINE void softmax_strip(Real* s, int64_t keys, int64_t stride) {
  using simd_here = simd<Real, Bytes>;
  using vector = typename simd_here::vector;
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  vector largest, x;
  simd_here::load(largest, s);
  for (int64_t j = 1; j < keys; ++j) {
    simd_here::load(x, s + j * stride);
    largest = x > largest ? x : largest;
  }
  const vector base = largest == -infinity ? vector{} : largest;  // so that -inf - base is -inf
  vector sum = {};
  for (int64_t j = 0; j < keys; ++j) {
    simd_here::load(x, s + j * stride);
    x -= base;
    exponential_of<Real, Bytes>(x);
    sum += x;
    simd_here::store(x, s + j * stride);
  }
  const vector factor = sum == 0 ? vector{} : 1 / sum;
  for (int64_t j = 0; j < keys; ++j) {
    simd_here::load(x, s + j * stride);
    simd_here::store(x * factor, s + j * stride);
  }
}

template <class Real>
ZT_INLINE void softmax(Real* s, int64_t keys, int64_t columns) {
  constexpr int64_t lanes = simd<Real, vector_bytes>::lanes;
  int64_t column = 0;
  for (; column + lanes <= columns; column += lanes) softmax_strip<vector_bytes>(s + column, keys, columns);
  if constexpr (lanes > eight)
    if (column < columns) softmax_strip<vector_bytes / 2>(s + column, keys, columns);
}

/// Rows of q, k, v, …, of one (outer, inner, head).
template <class Real>
struct rows_of {
  Real* data;
  int64_t stride;
  Real* row(int64_t i) const { return data + i * stride; }
};
template <class Real>
inline rows_of<Real> rows_at(Real* data, const zt_attention_strides& strides, const attention_place& at) {
  return {data + at.outer * strides.outer + at.inner * strides.inner + at.head * strides.head, strides.token};
}
