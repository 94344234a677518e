// See progress.hpp.
#include "cli/progress.hpp"

#include <cstdio>
#include <utility>

#include "cli/console.hpp"
#include "core/error.hpp"

namespace zoetrope {

namespace {

constexpr auto line_interval = std::chrono::seconds(5);

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string readable_seconds(double seconds) {
  char text[32];
  const int whole = static_cast<int>(seconds + 0.5);
  if (whole < 60)
    std::snprintf(text, sizeof text, "%d s", whole);
  else
    std::snprintf(text, sizeof text, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

}  // namespace

progress::progress(style how, std::string label, std::string unit)
    : how_(how),
      label_(std::move(label)),
      unit_(std::move(unit)),
      start_(clock::now()),
      shown_(start_ - line_interval) {}

progress::~progress() { pause(); }

void progress::pause() {
  if (drawn_) std::fputc('\n', stderr);
  drawn_ = false;
}

std::string progress::line(int64_t done, int64_t total, const std::string& told) const {
  const bool known = done > first_;
  const double each = known ? seconds_since(first_time_) / static_cast<double>(done - first_) : 0;
  char rate[32] = "?";
  if (known) std::snprintf(rate, sizeof rate, "%.2f", each);
  const std::string text =
      concat(done, "/", total, " ", unit_, "s, ", told, told.empty() ? "" : ", ", rate, " s a ", unit_, ", ");
  if (done >= total) return text + readable_seconds(seconds_since(start_)) + " in all";
  return text + (known ? readable_seconds(static_cast<double>(total - done) * each) : "?") + " left";
}

void progress::update(int64_t done, int64_t total, const std::string& told) {
  const bool again = std::exchange(last_, done) == done;
  if (how_ == style::none || (again && done >= total)) return;
  if (first_ < 0) {
    first_ = done;
    first_time_ = clock::now();
  }
  if (how_ == style::bar) {
    constexpr int64_t width = 24;
    const int64_t filled = total > 0 ? done * width / total : width;
    std::fprintf(stderr, "\r\033[K%s [%s%s] %s", label_.c_str(), std::string(filled, '#').c_str(),
                 std::string(width - filled, '.').c_str(), line(done, total, told).c_str());
    std::fflush(stderr);
    drawn_ = true;
    return;
  }
  if (clock::now() - shown_ < line_interval && done < total) return;
  shown_ = clock::now();
  std::fprintf(stderr, "%s %s\n", label_.c_str(), line(done, total, told).c_str());
}

progress::style progress_style(bool quiet) {
  if (quiet) return progress::style::none;
  return on_terminal() ? progress::style::bar : progress::style::lines;
}

}  // namespace zoetrope
