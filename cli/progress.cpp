// See progress.hpp.
#include "cli/progress.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/console.hpp"

namespace zoetrope {

namespace {

constexpr auto line_interval = std::chrono::seconds(5);

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

progress::~progress() {
  if (drawn_) std::fputc('\n', stderr);
}

std::string progress::line(int64_t done, int64_t total) const {
  const double seconds = std::chrono::duration<double>(clock::now() - start_).count();
  const double rate = done > first_ && seconds > 0 ? (done - first_) / seconds : 0;
  char text[96];
  std::snprintf(text, sizeof text, "%lld/%lld %ss, %.2f s a %s, ", static_cast<long long>(done),
                static_cast<long long>(total), unit_.c_str(), rate > 0 ? 1 / rate : 0.0, unit_.c_str());
  if (done >= total) return text + readable_seconds(seconds) + " in all";
  return text + (rate > 0 ? readable_seconds((total - done) / rate) : std::string("?")) + " left";
}

void progress::update(int64_t done, int64_t total) {
  if (how_ == style::none) return;
  if (first_ < 0) first_ = std::max<int64_t>(done - 1, 0);
  if (how_ == style::bar) {
    constexpr int64_t width = 24;
    const int64_t filled = total > 0 ? done * width / total : width;
    std::fprintf(stderr, "\r\033[K%s [%s%s] %s", label_.c_str(), std::string(filled, '#').c_str(),
                 std::string(width - filled, '.').c_str(), line(done, total).c_str());
    std::fflush(stderr);
    drawn_ = true;
    return;
  }
  if (clock::now() - shown_ < line_interval && done < total) return;
  shown_ = clock::now();
  std::fprintf(stderr, "%s %s\n", label_.c_str(), line(done, total).c_str());
}

progress::style progress_style(bool quiet) {
  if (quiet) return progress::style::none;
  return on_terminal() ? progress::style::bar : progress::style::lines;
}

}  // namespace zoetrope
