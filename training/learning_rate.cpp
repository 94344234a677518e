// See learning_rate.hpp.
#include "training/learning_rate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace zoetrope {

const registry<learning_rate_schedule>& learning_rate_schedules() {
  using enum learning_rate_schedule;
  static const registry<learning_rate_schedule> table(
      "learning rate schedule", {{"constant", constant, "the same throughout"},
                                 {"constant_with_warmup", constant_with_warmup, "rises, then the same"},
                                 {"linear", linear, "rises, then falls to 0 on a line"},
                                 {"cosine", cosine, "rises, then falls to 0 on half a cosine"},
                                 {"cosine_with_restarts", cosine_with_restarts,
                                  "rises, then falls to 0 on half a cosine, several times"},
                                 {"polynomial", polynomial, "rises, then falls to `end` by a power"}});
  return table;
}

namespace {

using std::numbers::pi;

double not_negative(const config& options, const char* key, double fallback) {
  const double value = options.get(key, fallback);
  if (!(value >= 0)) throw options.fail(concat(key, ": got ", value, ", wanted 0 or more"));
  return value;
}

}  // namespace

learning_rate_options read_learning_rate_options(const config& options, int64_t total_steps) {
  using enum learning_rate_schedule;
  learning_rate_options read;
  const std::string name = options.get("schedule", "constant");
  read.schedule = in_context(concat(options.source(), ": ", options.path()),
                             [&] { return learning_rate_schedules().find(name); });
  read.learning_rate = not_negative(options, "learning_rate", read.learning_rate);
  read.total_steps = total_steps;
  if (read.schedule != constant)
    read.warmup_steps = options.bounded("warmup_steps", read.warmup_steps, 0, int64_t{1} << 40);
  if (read.schedule == cosine) read.cycles = not_negative(options, "cycles", 0.5);
  if (read.schedule == cosine_with_restarts) read.cycles = not_negative(options, "cycles", 1);
  if (read.schedule == polynomial) {
    read.power = not_negative(options, "power", read.power);
    read.end = not_negative(options, "end", read.end);
  }
  if (depends_on_steps(read) && read.warmup_steps >= total_steps)
    throw options.fail(concat("warmup_steps (--lr_warmup_steps): got ", read.warmup_steps,
                              ", wanted less than the run's ", total_steps, " steps"));
  return read;
}

bool depends_on_steps(const learning_rate_options& options) {
  using enum learning_rate_schedule;
  return options.schedule != constant && options.schedule != constant_with_warmup;
}

double learning_rate(const learning_rate_options& options, int64_t step) {
  using enum learning_rate_schedule;
  const double full = options.learning_rate;
  const auto warmup = static_cast<double>(options.warmup_steps), now = static_cast<double>(step);
  if (options.schedule == constant) return full;
  if (now < warmup) return full * (now / warmup);
  const double x = (now - warmup) / std::max(1.0, static_cast<double>(options.total_steps) - warmup);
  switch (options.schedule) {
    case linear:
      return full * std::max(0.0, 1 - x);
    case cosine:
      return full * std::max(0.0, (1 + std::cos(2 * pi * options.cycles * x)) / 2);
    case cosine_with_restarts:
      return x >= 1 ? 0 : full * (1 + std::cos(pi * std::fmod(options.cycles * x, 1.0))) / 2;
    case polynomial:
      return x > 1 ? options.end : (full - options.end) * std::pow(1 - x, options.power) + options.end;
    default:
      return full;
  }
}

}  // namespace zoetrope
