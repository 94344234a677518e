/* Scaled dot-product attention as our kernels see it: sizes, pointers, and strides, so that q, k and v are
 * read and y is written where they lie. Vaswani et al. 2017, eq. 1:
 *
 *   s_ij = scale * (q_i . k_j + q_i . relative_k_ij) + bias_ij      p_ij = exp(s_ij - lse_i)
 *   lse_i = log sum_j exp s_ij                                       y_i = sum_j p_ij (v_j + relative_v_ij)
 *
 * and backwards, with delta_i = dy_i . y_i:
 *
 *   dv_j = sum_i p_ij dy_i     ds_ij = p_ij (dy_i . v_j - delta_i)
 *   dq_i = scale * sum_j ds_ij k_j            dk_j = scale * sum_i ds_ij q_i
 *
 * Batch has two dimensions, outer and inner; channels are contiguous; head_dim is a multiple of 8. q and k
 * may be rotated as they are read (Su et al. 2021, eq. 34): channels 2c and 2c + 1 by the angle [token, c].
 */
#pragma once

#include <stdint.h>

#include "core/cuda/dtype.h"

/* In elements; 0 where a dimension is broadcast. */
struct zt_attention_strides {
  int64_t outer, inner, head, token;
};

struct zt_rotation {
  const void* cosine; /* [tokens, head_dim / 2]; null: no rotation */
  const void* sine;
};

struct zt_attention {
  int64_t outer, inner, heads, tokens, keys, head_dim;
  double scale;
  int dtype; /* zt_dtype of q, k, v, y, the relative tables and their gradients; all others are f32 (f64: f64)
              */
  const void *q, *k, *v;
  struct zt_attention_strides q_strides, k_strides, v_strides;
  struct zt_rotation q_rotation, k_rotation;
  const void* bias; /* [outer, inner, heads, tokens, keys] by strides, -infinity hides; null: none */
  struct zt_attention_strides bias_strides;
  int64_t bias_key_stride;
  const void *relative_k, *relative_v; /* [tokens, keys, head_dim], contiguous; null: none. No backward. */
  void* y;                             /* read by backward */
  struct zt_attention_strides y_strides;
  void* lse; /* [outer, inner, heads, tokens]; may be null in forward, read by backward */

  const void* dy; /* backward only, as are those below */
  struct zt_attention_strides dy_strides;
  void *dq, *dk, *dv;
  struct zt_attention_strides dq_strides, dk_strides, dv_strides;
  void* delta; /* [outer, inner, heads, tokens], scratch */
};
