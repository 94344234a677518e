// Numbers that are the same on every machine: SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable
// pseudorandom number generators", figure 16), with its own laws, since those of the standard library differ
// between libraries.
#pragma once

#include <cstdint>
#include <vector>

namespace zoetrope {

class splitmix {
 public:
  explicit splitmix(uint64_t state) : state_(state) {}
  /// One sequence for each pair.
  splitmix(uint64_t seed, uint64_t index) : state_(mixed(seed) + index * increment) { state_ = next(); }

  uint64_t next() { return mixed(state_ += increment); }
  /// In [0, 1), 53 bits.
  double uniform() { return double(next() >> 11) * 0x1p-53; }
  double uniform(double least, double greatest) { return least + (greatest - least) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }
  template <class Item>
  const Item& pick(const std::vector<Item>& items) {
    return items[(next() >> 32) * items.size() >> 32];
  }

 private:
  static constexpr uint64_t increment = 0x9e3779b97f4a7c15;
  static uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace zoetrope
