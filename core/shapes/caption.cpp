// See caption.hpp.
#include "core/shapes/caption.hpp"

#include <algorithm>

namespace zoetrope {
namespace {

const std::string& chosen(const std::vector<std::string>& phrases, std::size_t which) {
  return phrases[which % phrases.size()];
}

void append(std::string& text, const std::string& words) {
  if (words.empty()) return;
  if (!text.empty()) text += ' ';
  text += words;
}

// "a" or "an" before what follows.
std::string with_article(const std::string& words) {
  const bool is_vowel = !words.empty() && std::string_view("aeiou").find(words[0]) != std::string_view::npos;
  return (is_vowel ? "an " : "a ") + words;
}

std::string told_object(const scene_object& object, bool tells_size) {
  std::string text;
  if (tells_size) append(text, chosen(size_named(object.size).phrases, object.phrase));
  append(text, chosen(texture_named(object.look.texture).phrases, object.phrase));
  append(text, object.look.colour);
  append(text, chosen(shape_named(object.shape).phrases, object.phrase));
  const motion_word& motion = motion_named(object.path.motion);
  append(text, chosen(motion.phrases, object.phrase));
  if (object.tells_place) append(text, motion.place);
  return with_article(text);
}

using names = std::vector<std::string>;

std::optional<std::string> another(names words, const names& taken, uint64_t seed) {
  std::erase_if(words, [&](const std::string& word) {
    return std::find(taken.begin(), taken.end(), word) != taken.end();
  });
  if (words.empty()) return std::nullopt;
  return splitmix(seed).pick(words);
}

names colours_in(const scene& told) {
  names colours{told.background.colour};
  for (const scene_object& object : told.objects) colours.push_back(object.look.colour);
  return colours;
}

std::optional<std::string> another_motion(const scene_object& object, const shape_world& world,
                                          uint64_t seed) {
  const std::string& motion = object.path.motion;
  names permitted = world.motions;
  std::erase_if(permitted, [&](const std::string& each) { return !shows(object.shape, each); });
  const std::string& opposite = motion_named(motion).opposite;
  if (std::find(permitted.begin(), permitted.end(), opposite) != permitted.end()) return opposite;
  return another(permitted, {motion}, seed);
}

std::optional<std::string> another_size(const scene& told, const shape_world& world, uint64_t seed) {
  const std::string& size = told.objects[0].size;
  if (told.objects.size() > 1 || size == "medium") return std::nullopt;
  return another(world.sizes, {size, "medium"}, seed);
}

}  // namespace

std::string caption(const scene& told) {
  std::string text;
  for (const scene_object& object : told.objects) {
    if (!text.empty()) text += " and ";
    text += told_object(object, told.objects.size() == 1);
  }
  if (told.names_background)
    text += " " + chosen(background_phrases(), told.phrase) + " " + with_article(told.background.colour) +
            " background";
  return text;
}

std::string name_of(attribute which) {
  static const names all{"colour", "shape", "motion", "size", "background"};
  return all[std::size_t(which)];
}

std::optional<std::string> swapped_caption(const scene& told, const shape_world& world, attribute which,
                                           uint64_t seed) {
  scene other = told;
  scene_object& object = other.objects[0];
  const auto swapped = [&](std::string& word,
                           std::optional<std::string> choice) -> std::optional<std::string> {
    if (!choice) return std::nullopt;
    word = *choice;
    return caption(other);
  };
  switch (which) {
    case attribute::colour:
      return swapped(object.look.colour, another(world.colours, colours_in(told), seed));
    case attribute::shape:
      return swapped(object.shape, another(world.shapes, {object.shape}, seed));
    case attribute::motion:
      return swapped(object.path.motion, another_motion(object, world, seed));
    case attribute::size:
      return swapped(object.size, another_size(told, world, seed));
    case attribute::background:
      if (!told.names_background) return std::nullopt;
      return swapped(other.background.colour, another(world.backgrounds, colours_in(told), seed));
  }
  return std::nullopt;
}

}  // namespace zoetrope
