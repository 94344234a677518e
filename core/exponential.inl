// exp as every instruction set has it. Included into a namespace, so that it is compiled for the instruction
// set of that place (a vector that passes through a function for another one is taken apart): no include and
// no namespace of its own.

/// exp(x) for x in [-87, 88], relative error below 2e-7: Cody and Waite's reduction, Taylor to degree 7 on
/// ±ln2/2. Floats is float or a vector of them, Integers as many int32_t.
template <class Integers, class Floats>
ZT_INLINE void exponentiate(Floats& x) {
  const Floats round_magic = Floats{} + 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const Floats shifted = x * 1.44269504f + round_magic;
  const Floats n = shifted - round_magic;
  const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats p = Floats{} + 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const Integers power = __builtin_bit_cast(Integers, shifted) - __builtin_bit_cast(Integers, round_magic);
  x = p * __builtin_bit_cast(Floats, (power + 127) << 23);
}
