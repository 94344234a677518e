// The bodies of short_attention_cpu.cpp; compiled by every_instruction_set.hpp in its namespaces.

/// Turns channel pairs by an angle (direction 1), or back (-1): to = R from. In place where both are the
/// same.
template <class Real>
void turn(const rows_of<const Real> from, int64_t count, int64_t channels, const zt_rotation& rotation,
          Real direction, const rows_of<Real> to) {
  const auto *cosine = static_cast<const Real*>(rotation.cosine),
             *sine = static_cast<const Real*>(rotation.sine);
  for (int64_t i = 0; i < count; ++i, cosine += channels / 2, sine += channels / 2)
    for (int64_t c = 0; c < channels; c += 2) {
      const Real first = from.row(i)[c], second = from.row(i)[c + 1], s = direction * sine[c / 2];
      to.row(i)[c] = first * cosine[c / 2] - second * s;
      to.row(i)[c + 1] = first * s + second * cosine[c / 2];
    }
}

/// The rows as they lie, or turned, in `room`.
template <class Real>
rows_of<const Real> turned(const rows_of<const Real>& rows, int64_t count, int64_t channels,
                           const zt_rotation& rotation, Real* room) {
  if (rotation.cosine == nullptr) return rows;
  turn<Real>(rows, count, channels, rotation, 1, {room, channels});
  return {room, channels};
}

template <class Real>
Real dot(const Real* a, const Real* b, int64_t count) {
  Real lanes[eight] = {}, sum = 0;
  for (int64_t c = 0; c < count; c += eight)
    for (int64_t i = 0; i < eight; ++i) lanes[i] += a[c + i] * b[c + i];
  for (const Real lane : lanes) sum += lane;
  return sum;
}

/// Scratch of one job, in the first two caches: all [channels or keys][padded tokens], or rows as they are.
template <class Real>
struct short_job {
  explicit short_job(const zt_attention& p)
      : p(p),
        tokens(p.tokens),
        keys(p.keys),
        channels(p.head_dim),
        width(padded(p.tokens)),
        memory(static_cast<std::size_t>(channels * (2 * width + tokens + keys) + 2 * keys * width + width)) {
    Real* next = memory.data();
    const auto take = [&](int64_t count) { return std::exchange(next, next + count); };
    q_transposed = take(channels * width);
    dy_transposed = take(channels * width);
    q_room = take(channels * tokens);
    k_room = take(channels * keys);
    weights = take(keys * width);
    gradients = take(keys * width);
    delta = take(width);
  }

  /// Makes `weights`, [keys][width], and leaves q and k as they were used.
  void attend(const attention_place& at) {
    q = turned(rows_at(static_cast<const Real*>(p.q), p.q_strides, at), tokens, channels, p.q_rotation,
               q_room);
    k = turned(rows_at(static_cast<const Real*>(p.k), p.k_strides, at), keys, channels, p.k_rotation, k_room);
    v = rows_at(static_cast<const Real*>(p.v), p.v_strides, at);
    transpose(q.data, q.stride, tokens, channels, static_cast<Real>(p.scale), q_transposed);
    product<Real>({k.data, k.stride}, q_transposed, width, keys, channels, width, weights, width);
    if (p.relative_k != nullptr) add_relative_scores();
    if (p.bias != nullptr) add_bias(at);
    softmax(weights, keys, width);
  }
  void add_relative_scores() {
    const auto* table = static_cast<const Real*>(p.relative_k);
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t j = 0; j < keys; ++j, table += channels)
        weights[j * width + i] += static_cast<Real>(p.scale) * dot(q.row(i), table, channels);
  }
  void add_bias(const attention_place& at) {
    const rows_of<const Real> bias = rows_at(static_cast<const Real*>(p.bias), p.bias_strides, at);
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t j = 0; j < keys; ++j) weights[j * width + i] += bias.row(i)[j * p.bias_key_stride];
  }

  void forward(const attention_place& at) {
    attend(at);
    const rows_of<Real> y = rows_at(static_cast<Real*>(p.y), p.y_strides, at);
    product<Real>({weights, 1, width}, v.data, v.stride, tokens, keys, channels, y.data, y.stride);
    if (p.relative_v == nullptr) return;
    const auto* table = static_cast<const Real*>(p.relative_v);
    for (int64_t i = 0; i < tokens; ++i, table += keys * channels)
      product<Real>({weights + i, 1, width}, table, channels, 1, keys, channels, y.row(i), y.stride,
                    /*add=*/true);
  }

  void backward(const attention_place& at) {
    attend(at);
    const rows_of<const Real> dy = rows_at(static_cast<const Real*>(p.dy), p.dy_strides, at);
    const rows_of<Real> dq = rows_at(static_cast<Real*>(p.dq), p.dq_strides, at),
                        dk = rows_at(static_cast<Real*>(p.dk), p.dk_strides, at),
                        dv = rows_at(static_cast<Real*>(p.dv), p.dv_strides, at);
    product<Real>({weights, width}, dy.data, dy.stride, keys, tokens, channels, dv.data, dv.stride);
    transpose(dy.data, dy.stride, tokens, channels, Real(1), dy_transposed);
    product<Real>({v.data, v.stride}, dy_transposed, width, keys, channels, width, gradients, width);
    score_gradients();
    product<Real>({gradients, 1, width}, k.data, k.stride, tokens, keys, channels, dq.data, dq.stride);
    product<Real>({gradients, width}, q.data, q.stride, keys, tokens, channels, dk.data, dk.stride);
    if (p.q_rotation.cosine != nullptr)
      turn<Real>({dq.data, dq.stride}, tokens, channels, p.q_rotation, -1, dq);
    if (p.k_rotation.cosine != nullptr)
      turn<Real>({dk.data, dk.stride}, keys, channels, p.k_rotation, -1, dk);
  }
  /// gradients: dp -> scale * p (dp - delta), delta_i = sum_j p_ij dp_ij
  void score_gradients() {
    for (int64_t i = 0; i < width; ++i) delta[i] = 0;
    for (int64_t j = 0; j < keys; ++j)
      for (int64_t i = 0; i < width; ++i) delta[i] += weights[j * width + i] * gradients[j * width + i];
    for (int64_t j = 0; j < keys; ++j)
      for (int64_t i = 0; i < width; ++i) {
        const int64_t at = j * width + i;
        gradients[at] = static_cast<Real>(p.scale) * weights[at] * (gradients[at] - delta[i]);
      }
  }

  const zt_attention& p;
  const int64_t tokens, keys, channels, width;
  std::vector<Real> memory;
  Real *q_transposed, *dy_transposed, *q_room, *k_room, *weights, *gradients, *delta;
  rows_of<const Real> q{}, k{}, v{};
};

template <class Real>
void short_attention_of(const zt_attention& p, int64_t begin, int64_t end, bool backward) {
  short_job<Real> job(p);
  for (int64_t pixel = begin; pixel < end; ++pixel)
    for (int64_t head = 0; head < p.heads; ++head) {
      const attention_place at{pixel / p.inner, pixel % p.inner, head};
      if (backward)
        job.backward(at);
      else
        job.forward(at);
    }
}

/// The jobs of the pixels [begin, end) out of outer * inner.
void short_attention(const zt_attention& p, int64_t begin, int64_t end, bool backward) {
  if (p.dtype == zt_f64)
    short_attention_of<double>(p, begin, end, backward);
  else
    short_attention_of<float>(p, begin, end, backward);
}
