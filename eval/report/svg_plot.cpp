// See svg_plot.hpp.
#include "eval/report/svg_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "core/error.hpp"
#include "eval/number_text.hpp"
#include "eval/report/html.hpp"

namespace zoetrope {

namespace {

// Of the drawing, in its own units: about pixels.
constexpr double width = 460, height = 300, left = 62, right = 26, top = 14, bottom = 44;

std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

// One axis: the range of the data, widened so that nothing lies on the frame.
struct axis {
  double low = std::numeric_limits<double>::infinity(), high = -low, begin = 0, end = 0;

  void see(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void widen() {
    if (low > high) low = 0, high = 1;
    const double margin = high > low ? 0.07 * (high - low) : std::max(std::abs(high) * 0.1, 1e-6);
    low -= margin;
    high += margin;
  }
  double at(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
};

// Bytes are round in the unit in which they are told.
std::vector<double> ticks_of(const axis& along, const std::string& unit) {
  double scale = 1;
  while (unit == "B" && along.high / scale >= 1024) scale *= 1024;
  std::vector<double> ticks = round_ticks(along.low / scale, along.high / scale, 6);
  for (double& tick : ticks) tick *= scale;
  return ticks;
}

struct place {
  double x, y;
};

// Letters stand where they touch no point and no other letter: the nearest free of some places around.
class label_places {
 public:
  explicit label_places(std::vector<place> taken) : taken_(std::move(taken)) {}

  place near(const place& point) {
    for (const double radius : {11.0, 19.0, 28.0, 38.0})
      for (const double angle : {0.0, -0.8, 0.8, -1.57, 1.57, 3.14, 2.4, -2.4}) {
        const place candidate{point.x + radius * std::cos(angle), point.y + radius * std::sin(angle)};
        if (is_free(candidate)) return take(candidate);
      }
    return take({point.x + 11, point.y});
  }

 private:
  bool is_free(const place& p) const {
    if (p.x > width - 8 || p.y < top || p.y > height - bottom || p.x < left) return false;
    return std::all_of(taken_.begin(), taken_.end(),
                       [&](const place& other) { return std::hypot(p.x - other.x, (p.y - other.y)) > 10; });
  }
  place take(const place& p) {
    taken_.push_back(p);
    return p;
  }
  std::vector<place> taken_;
};

class drawing {
 public:
  explicit drawing(const plot& drawn) : plot_(drawn) {
    for (const plot_series& one : drawn.series)
      for (const plot_point& point : one.points) {
        x_.see(point.x);
        y_.see(point.y);
        for (const auto& [range, axis] : {std::pair(&point.x_range, &x_), std::pair(&point.y_range, &y_)})
          if (*range) axis->see((*range)->low), axis->see((*range)->high);
      }
    x_.begin = left, x_.end = width - right;
    y_.begin = height - bottom, y_.end = top;
    x_.widen();
    y_.widen();
  }

  std::string text() {
    out_ = concat("<svg class=plot viewBox=\"0 0 ", width, " ", height, "\" role=img aria-label=\"",
                  escaped(plot_.y_label), " over ", escaped(plot_.x_label), "\">");
    axes();
    front();
    for (const plot_series& one : plot_.series) series(one);
    letters();
    return out_ + "</svg>\n";
  }

 private:
  void line(const char* kind, double x1, double y1, double x2, double y2) {
    out_ += concat("<line class=", kind, " x1=", coordinate(x1), " y1=", coordinate(y1),
                   " x2=", coordinate(x2), " y2=", coordinate(y2), " />");
  }
  void words(const char* anchor, double x, double y, const std::string& text, const std::string& more = "") {
    out_ += concat("<text text-anchor=", anchor, " x=", coordinate(x), " y=", coordinate(y), more, ">",
                   escaped(text), "</text>");
  }

  void axes() {
    for (const double tick : ticks_of(x_, plot_.x_unit)) {
      line("grid", x_.at(tick), top, x_.at(tick), height - bottom);
      words("middle", x_.at(tick), height - bottom + 15, shown_number(tick, plot_.x_unit));
    }
    for (const double tick : ticks_of(y_, plot_.y_unit)) {
      line("grid", left, y_.at(tick), width - right, y_.at(tick));
      words("end", left - 6, y_.at(tick) + 4, shown_number(tick, plot_.y_unit));
    }
    line("axis", left, top, left, height - bottom);
    line("axis", left, height - bottom, width - right, height - bottom);
    words("middle", (left + width - right) / 2, height - 8, plot_.x_label, " class=label");
    const double middle = (top + height - bottom) / 2;
    words("middle", 12, middle, plot_.y_label,
          concat(" class=label transform=\"rotate(-90 12 ", coordinate(middle), ")\""));
  }

  // From left to right: level, then up or down to the next.
  void front() {
    std::string points;
    for (std::size_t i = 0; i < plot_.front.size(); ++i) {
      if (i > 0)
        points +=
            concat(coordinate(x_.at(plot_.front[i].x)), ",", coordinate(y_.at(plot_.front[i - 1].y)), " ");
      points += concat(coordinate(x_.at(plot_.front[i].x)), ",", coordinate(y_.at(plot_.front[i].y)), " ");
    }
    if (plot_.front.size() > 1) out_ += "<polyline class=front points=\"" + points + "\" />";
  }

  void series(const plot_series& one) {
    out_ += concat("<g class=\"series arm-", one.number % 12, one.number < 12 ? "" : " again",
                   "\" data-arm=", one.number, "><title>", escaped(one.title), "</title>");
    plot_.lines ? curve(one) : marks(one);
    out_ += "</g>";
  }

  void curve(const plot_series& one) {
    std::string forth, back, points;
    place end{};
    for (const plot_point& point : one.points) {
      if (!std::isfinite(point.y)) continue;
      end = {x_.at(point.x), y_.at(point.y)};
      points += concat(coordinate(end.x), ",", coordinate(end.y), " ");
      if (!point.y_range || !std::isfinite(point.y_range->low)) continue;
      forth += concat(coordinate(end.x), ",", coordinate(y_.at(point.y_range->high)), " ");
      back = concat(coordinate(end.x), ",", coordinate(y_.at(point.y_range->low)), " ") + back;
    }
    if (points.empty()) return;
    if (!forth.empty()) out_ += "<polygon class=band points=\"" + forth + back + "\" />";
    out_ += "<polyline class=curve points=\"" + points + "\" />";
    ends_.push_back({&one, end});
  }

  void marks(const plot_series& one) {
    for (const plot_point& point : one.points) {
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
      const place at{x_.at(point.x), y_.at(point.y)};
      if (point.x_range && std::isfinite(point.x_range->low))
        line("range", x_.at(point.x_range->low), at.y, x_.at(point.x_range->high), at.y);
      if (point.y_range && std::isfinite(point.y_range->low))
        line("range", at.x, y_.at(point.y_range->low), at.x, y_.at(point.y_range->high));
      out_ += concat("<circle class=", one.hollow ? "ring" : "dot", " cx=", coordinate(at.x),
                     " cy=", coordinate(at.y), " r=4.5 />");
      ends_.push_back({&one, at});
    }
  }

  void letters() {
    std::vector<place> taken;
    for (const auto& [one, end] : ends_) taken.push_back(end);
    label_places places(std::move(taken));
    for (const auto& [one, end] : ends_) {
      const place at = places.near(end);
      out_ += concat("<g class=\"letter arm-", one->number % 12, "\" data-arm=", one->number, ">");
      if (std::hypot(at.x - end.x, at.y - end.y) > 15) line("leader", end.x, end.y, at.x, at.y);
      words("middle", at.x, at.y + 4, one->letter);
      out_ += "</g>";
    }
  }

  const plot& plot_;
  axis x_, y_;
  std::string out_;
  std::vector<std::pair<const plot_series*, place>> ends_;
};

}  // namespace

std::string letter_of(std::size_t number) {
  const std::string last(1, static_cast<char>('A' + number % 26));
  return number < 26 ? last : letter_of(number / 26 - 1) + last;
}

std::vector<double> round_ticks(double low, double high, int most) {
  std::vector<double> ticks;
  if (!(high > low) || most < 1) return ticks;
  const double power = std::pow(10, std::floor(std::log10((high - low) / most)));
  const std::array steps{1.0, 2.0, 5.0, 10.0, 20.0};
  const double step = power * *std::find_if(steps.begin(), steps.end(), [&](double factor) {
                        return std::floor(high / (factor * power)) - std::ceil(low / (factor * power)) < most;
                      });
  for (double n = std::ceil(low / step); n * step <= high; ++n) ticks.push_back(n * step);
  return ticks;
}

std::string svg_plot(const plot& drawn) { return drawing(drawn).text(); }

}  // namespace zoetrope
