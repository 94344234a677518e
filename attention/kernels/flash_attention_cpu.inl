// The bodies of flash_attention_cpu.cpp; compiled by every_instruction_set.hpp in its namespaces.

constexpr int64_t tile = 64;  // queries and keys: scores and queries of a tile fit the first cache

/// One tile's step of the streaming softmax, for one vector of queries: s -> exp(s - m'), and m, l and the
/// factor by which what was summed before shrinks.
template <int Bytes, class Real>
ZT_INLINE void streaming_strip(Real* s, int64_t keys, Real* m, Real* l, Real* factor) {
  using simd_here = simd<Real, Bytes>;
  using vector = typename simd_here::vector;
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  vector before, largest, x, sum;
  simd_here::load(before, m);
  simd_here::load(sum, l);
  largest = before;
  for (int64_t j = 0; j < keys; ++j) {
    simd_here::load(x, s + j * tile);
    largest = x > largest ? x : largest;
  }
  const vector base = largest == -infinity ? vector{} : largest;
  vector shrunk = before - base;
  exponential_of<Real, Bytes>(shrunk);
  sum *= shrunk;
  for (int64_t j = 0; j < keys; ++j) {
    simd_here::load(x, s + j * tile);
    x -= base;
    exponential_of<Real, Bytes>(x);
    sum += x;
    simd_here::store(x, s + j * tile);
  }
  simd_here::store(largest, m);
  simd_here::store(sum, l);
  simd_here::store(shrunk, factor);
}

/// s -> exp(s - lse), for one vector of queries.
template <int Bytes, class Real>
ZT_INLINE void weights_strip(Real* s, int64_t keys, const Real* lse) {
  using simd_here = simd<Real, Bytes>;
  typename simd_here::vector x, base;
  simd_here::load(base, lse);
  for (int64_t j = 0; j < keys; ++j) {
    simd_here::load(x, s + j * tile);
    x -= base;
    exponential_of<Real, Bytes>(x);
    simd_here::store(x, s + j * tile);
  }
}

/// A tile of queries, or of what belongs to them, as columns: always `tile` of them, zeros beyond the last.
template <class Real>
ZT_INLINE void columns_of(const rows_of<const Real>& rows, int64_t first, int64_t count, int64_t channels,
                          Real factor, Real* to) {
  // transpose() pads to eights; a tile is padded to its width, so that all strides are the same.
  static const Real zeros[eight] = {};
  for (int64_t row = 0; row < tile; row += eight)
    for (int64_t channel = 0; channel < channels; channel += eight) {
      const Real* eight_rows[eight];
      for (int64_t i = 0; i < eight; ++i)
        eight_rows[i] = row + i < count ? rows.row(first + row + i) + channel : zeros;
      transpose_eight(eight_rows, factor, to + channel * tile + row, tile);
    }
}

template <class Real>
struct flash_job {
  explicit flash_job(const zt_attention& p)
      : p(p),
        channels(p.head_dim),
        memory(static_cast<std::size_t>(4 * tile * channels + 2 * tile * tile + 4 * tile)) {
    Real* next = memory.data();
    const auto take = [&](int64_t count) { return std::exchange(next, next + count); };
    q_columns = take(channels * tile);
    dy_columns = take(channels * tile);
    first_sums = take(channels * tile);
    second_sums = take(channels * tile);
    weights = take(tile * tile);
    gradients = take(tile * tile);
    m = take(tile), l = take(tile), factor = take(tile), delta = take(tile);
  }

  void go_to(const attention_place& there) {
    here = there;
    q = rows_at(static_cast<const Real*>(p.q), p.q_strides, here);
    k = rows_at(static_cast<const Real*>(p.k), p.k_strides, here);
    v = rows_at(static_cast<const Real*>(p.v), p.v_strides, here);
    dy = rows_at(static_cast<const Real*>(p.dy), p.dy_strides, here);
    number = ((here.outer * p.inner + here.inner) * p.heads + here.head) * p.tokens;
  }

  /// weights: the scores of these queries, whose columns are there, with the keys from `key` on.
  void score(int64_t query, int64_t queries, int64_t key, int64_t keys) {
    product<Real>({k.row(key), k.stride}, q_columns, tile, keys, channels, tile, weights, tile);
    if (p.bias == nullptr) return;
    const rows_of<const Real> bias = rows_at(static_cast<const Real*>(p.bias), p.bias_strides, here);
    for (int64_t i = 0; i < queries; ++i)
      for (int64_t j = 0; j < keys; ++j)
        weights[j * tile + i] += bias.row(query + i)[(key + j) * p.bias_key_stride];
  }

  void forward(int64_t query) {
    const int64_t queries = std::min(tile, p.tokens - query);
    columns_of(q, query, queries, channels, static_cast<Real>(p.scale), q_columns);
    std::fill_n(m, tile, -std::numeric_limits<Real>::infinity());
    std::fill_n(l, tile, Real(0));
    std::fill_n(first_sums, tile * channels, Real(0));
    for (int64_t key = 0; key < p.keys; key += tile) {
      const int64_t keys = std::min(tile, p.keys - key);
      score(query, queries, key, keys);
      for (int64_t i = 0; i < tile; i += simd<Real, vector_bytes>::lanes)
        streaming_strip<vector_bytes>(weights + i, keys, m + i, l + i, factor + i);
      for (int64_t i = 0; i < queries; ++i)
        if (factor[i] != 1)
          for (int64_t c = 0; c < channels; ++c) first_sums[i * channels + c] *= factor[i];
      product<Real>({weights, 1, tile}, v.row(key), v.stride, queries, keys, channels, first_sums, channels,
                    /*add=*/true);
    }
    write_results(query, queries);
  }
  void write_results(int64_t query, int64_t queries) {
    const rows_of<Real> y = rows_at(static_cast<Real*>(p.y), p.y_strides, here);
    for (int64_t i = 0; i < queries; ++i) {
      const Real part = l[i] == 0 ? Real(0) : 1 / l[i];
      for (int64_t c = 0; c < channels; ++c) y.row(query + i)[c] = first_sums[i * channels + c] * part;
      if (p.lse != nullptr)
        static_cast<Real*>(p.lse)[number + query + i] =
            l[i] == 0 ? std::numeric_limits<Real>::infinity() : m[i] + std::log(l[i]);
    }
  }

  /// delta_i = dy_i · y_i of a tile of queries, and their lse beside it; whatever is beyond the last gets no
  /// weight.
  void read_numbers(int64_t query, int64_t queries) {
    const rows_of<const Real> y = rows_at(static_cast<const Real*>(p.y), p.y_strides, here);
    for (int64_t i = 0; i < tile; ++i) {
      m[i] = i < queries ? static_cast<const Real*>(p.lse)[number + query + i]
                         : std::numeric_limits<Real>::infinity();
      delta[i] = 0;
      if (i < queries)
        for (int64_t c = 0; c < channels; ++c) delta[i] += dy.row(query + i)[c] * y.row(query + i)[c];
    }
  }
  /// weights and gradients of a tile; the queries' columns and numbers are there.
  void differentiate(int64_t query, int64_t queries, int64_t key, int64_t keys) {
    score(query, queries, key, keys);
    for (int64_t i = 0; i < tile; i += simd<Real, vector_bytes>::lanes)
      weights_strip<vector_bytes>(weights + i, keys, m + i);
    product<Real>({v.row(key), v.stride}, dy_columns, tile, keys, channels, tile, gradients, tile);
    for (int64_t j = 0; j < keys; ++j)
      for (int64_t i = 0; i < tile; ++i)
        gradients[j * tile + i] =
            static_cast<Real>(p.scale) * weights[j * tile + i] * (gradients[j * tile + i] - delta[i]);
  }
  void read_queries(int64_t query, int64_t queries) {
    columns_of(q, query, queries, channels, static_cast<Real>(p.scale), q_columns);
    columns_of(dy, query, queries, channels, Real(1), dy_columns);
    read_numbers(query, queries);
  }

  void gradient_of_queries(int64_t query) {
    const int64_t queries = std::min(tile, p.tokens - query);
    read_queries(query, queries);
    std::fill_n(first_sums, tile * channels, Real(0));
    for (int64_t key = 0; key < p.keys; key += tile) {
      const int64_t keys = std::min(tile, p.keys - key);
      differentiate(query, queries, key, keys);
      product<Real>({gradients, 1, tile}, k.row(key), k.stride, queries, keys, channels, first_sums, channels,
                    /*add=*/true);
    }
    copy_to(rows_at(static_cast<Real*>(p.dq), p.dq_strides, here), query, queries, first_sums);
  }
  void gradients_of_keys(int64_t key) {
    const int64_t keys = std::min(tile, p.keys - key);
    std::fill_n(first_sums, tile * channels, Real(0));
    std::fill_n(second_sums, tile * channels, Real(0));
    for (int64_t query = 0; query < p.tokens; query += tile) {
      const int64_t queries = std::min(tile, p.tokens - query);
      read_queries(query, queries);
      differentiate(query, queries, key, keys);
      product<Real>({gradients, tile}, q.row(query), q.stride, keys, queries, channels, first_sums, channels,
                    /*add=*/true);
      product<Real>({weights, tile}, dy.row(query), dy.stride, keys, queries, channels, second_sums, channels,
                    /*add=*/true);
    }
    copy_to(rows_at(static_cast<Real*>(p.dk), p.dk_strides, here), key, keys, first_sums);
    copy_to(rows_at(static_cast<Real*>(p.dv), p.dv_strides, here), key, keys, second_sums);
  }
  void copy_to(const rows_of<Real>& rows, int64_t first, int64_t count, const Real* from) {
    for (int64_t i = 0; i < count; ++i) std::copy_n(from + i * channels, channels, rows.row(first + i));
  }

  const zt_attention& p;
  const int64_t channels;
  std::vector<Real> memory;
  Real *q_columns, *dy_columns, *first_sums, *second_sums, *weights, *gradients, *m, *l, *factor, *delta;
  attention_place here{};
  rows_of<const Real> q{}, k{}, v{}, dy{};
  int64_t number = 0;
};

template <class Real>
void flash_attention_of(const zt_attention& p, flash_pass pass, int64_t begin, int64_t end) {
  flash_job<Real> job(p);
  const int64_t tiles = ((pass == flash_pass::keys ? p.keys : p.tokens) + tile - 1) / tile;
  for (int64_t index = begin; index < end; ++index) {
    const int64_t batch = index / tiles, first = index % tiles * tile;
    job.go_to({batch / p.heads / p.inner, batch / p.heads % p.inner, batch % p.heads});
    if (pass == flash_pass::forward) job.forward(first);
    if (pass == flash_pass::queries) job.gradient_of_queries(first);
    if (pass == flash_pass::keys) job.gradients_of_keys(first);
  }
}

/// Tiles [begin, end) out of outer * inner * heads * tiles of a row.
void flash_attention(const zt_attention& p, flash_pass pass, int64_t begin, int64_t end) {
  if (p.dtype == zt_f64)
    flash_attention_of<double>(p, pass, begin, end);
  else
    flash_attention_of<float>(p, pass, begin, end);
}
