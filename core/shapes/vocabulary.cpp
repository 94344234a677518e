// See vocabulary.hpp.
#include "core/shapes/vocabulary.hpp"

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/name_messages.hpp"

namespace zoetrope {
namespace {

template <class Word>
const Word& entry(const std::vector<Word>& words, const std::string& name, const char* kind) {
  for (const Word& each : words)
    if (each.name == name) return each;
  throw error(error_kind::bad_input, unknown_name(kind, name, names_of(words)));
}

}  // namespace

float colour_distance(const rgb& a, const rgb& b) {
  return std::sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                   (a[2] - b[2]) * (a[2] - b[2]));
}

const std::vector<colour_word>& palette() {
  static const std::vector<colour_word> words{
      {"red", {.90f, .12f, .12f}},    {"green", {.10f, .70f, .18f}},  {"blue", {.12f, .25f, .92f}},
      {"yellow", {.97f, .88f, .10f}}, {"purple", {.58f, .15f, .78f}}, {"orange", {.98f, .52f, .06f}},
      {"cyan", {.10f, .85f, .90f}},   {"white", {.97f, .97f, .97f}},  {"black", {.03f, .03f, .03f}},
      {"gray", {.48f, .48f, .48f}},   {"pink", {.98f, .55f, .75f}},   {"brown", {.45f, .26f, .10f}}};
  return words;
}

const std::vector<word>& shape_words() {
  static const std::vector<word> words{{"circle", {"circle", "disc", "ball"}},
                                       {"square", {"square", "box"}},
                                       {"triangle", {"triangle"}},
                                       {"cross", {"cross", "plus sign"}},
                                       {"star", {"star"}},
                                       {"ring", {"ring", "hoop"}},
                                       {"diamond", {"diamond", "rhombus"}},
                                       {"hexagon", {"hexagon"}}};
  return words;
}

const std::vector<word>& texture_words() {
  static const std::vector<word> words{
      {"plain", {""}}, {"stripes", {"striped"}}, {"checks", {"checked", "chequered"}}};
  return words;
}

const std::vector<size_word>& size_words() {
  static const std::vector<size_word> words{
      {"small", .125, {"small", "little"}}, {"medium", .17, {""}}, {"large", .215, {"large", "big"}}};
  return words;
}

const std::vector<motion_word>& motion_words() {
  static const std::vector<motion_word> words{
      {"left", {"moving left", "moving to the left", "sliding left"}, "from the right", "right"},
      {"right", {"moving right", "moving to the right", "sliding right"}, "from the left", "left"},
      {"up", {"moving up", "rising", "moving upward"}, "from the bottom", "down"},
      {"down", {"moving down", "falling", "moving downward"}, "from the top", "up"},
      {"bounce", {"bouncing", "bouncing up and down", "hopping"}, "", ""},
      {"orbit", {"orbiting", "circling", "moving in a circle"}, "", ""},
      {"grow", {"growing", "getting bigger"}, "", "shrink"},
      {"shrink", {"shrinking", "getting smaller"}, "", "grow"},
      {"rotate", {"rotating", "spinning"}, "", "still"},
      {"still", {"standing still", "not moving"}, "", "rotate"}};
  return words;
}

const std::vector<std::string>& background_phrases() {
  static const std::vector<std::string> phrases{"on", "against", "in front of"};
  return phrases;
}

const colour_word& colour_named(const std::string& name) { return entry(palette(), name, "colour"); }
const word& shape_named(const std::string& name) { return entry(shape_words(), name, "shape"); }
const word& texture_named(const std::string& name) { return entry(texture_words(), name, "texture"); }
const size_word& size_named(const std::string& name) { return entry(size_words(), name, "size"); }
const motion_word& motion_named(const std::string& name) { return entry(motion_words(), name, "motion"); }

named_colour nearest_colour(const rgb& value, const std::vector<std::string>& names) {
  named_colour best{"", std::numeric_limits<float>::infinity()};
  for (const std::string& name : names)
    if (const float distance = colour_distance(value, colour_named(name).value); distance < best.distance)
      best = {name, distance};
  return best;
}

}  // namespace zoetrope
