/* q(t) for t in [0, 6]: a minimax fit of log2 Φ(-t), Φ the normal distribution's share below. 2^q has an
 * absolute error below 1.5e-7; the relative one, too, is small (1e-6 to t = 3, 4e-6 to 6). For CPUs and GPUs.
 */
#pragma once

#ifdef __CUDACC__
#define ZT_LOG2_NORMAL_CDF __device__ __forceinline__
#else
#define ZT_LOG2_NORMAL_CDF inline __attribute__((always_inline))
#endif

namespace zoetrope {

ZT_LOG2_NORMAL_CDF float log2_normal_cdf_below(float t) {
  float q = -1.771059032e-08f;
  q = q * t + 5.681303037e-07f;
  q = q * t - 7.784311492e-06f;
  q = q * t + 5.749207776e-05f;
  q = q * t - 2.128016058e-04f;
  q = q * t - 1.421476627e-04f;
  q = q * t + 7.124991156e-03f;
  q = q * t - 5.256421864e-02f;
  q = q * t - 4.591802955e-01f;
  q = q * t - 1.151108742e+00f;
  return q * t - 1.0f;
}

}  // namespace zoetrope
