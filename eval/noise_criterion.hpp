// When to stop measuring. nvbench's rules (NVIDIA's benchmark library, its `stdrel` criterion): a measurement
// is done once its relative noise, standard deviation over mean of all samples, is small, or once the noise
// itself no longer changes; a timeout ends what never gets there, and is told.
#pragma once

#include <string>
#include <vector>

namespace zoetrope {

struct noise_options {
  double max_noise = 0.005;     ///< standard deviation over mean
  double min_seconds = 0.5;     ///< of all samples together
  double timeout_seconds = 15;  ///< of wall clock
  long min_samples = 10;
};

class noise_criterion {
 public:
  explicit noise_criterion(const noise_options& options) : options_(options) {}

  void add(double seconds);
  /// Why no more samples are needed: "noise" (small enough), "plateau" (it no longer changes); empty: more
  /// are needed. `elapsed`, in seconds of wall clock, may end it too: "timeout".
  std::string stopped(double elapsed) const;
  const std::vector<double>& samples() const { return samples_; }

 private:
  bool on_plateau() const;

  noise_options options_;
  std::vector<double> samples_;
  std::vector<double> noises_;  ///< after each sample
  double total_ = 0;
};

/// Standard deviation (n - 1) over mean; infinite for fewer than two samples.
double relative_noise(const std::vector<double>& samples);

/// The later half of the samples is slower than the earlier by more than 5 % of its median and by more than
/// their scatter (the median deviation of either half): the machine throttles or does something else. False
/// for fewer than 8 samples.
bool slowed_down(const std::vector<double>& samples);

}  // namespace zoetrope
