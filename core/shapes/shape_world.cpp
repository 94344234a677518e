// See shape_world.hpp.
#include "core/shapes/shape_world.hpp"

#include <algorithm>

#include "core/registry.hpp"
#include "core/shapes/outline.hpp"
#include "core/shapes/vocabulary.hpp"

namespace zoetrope {
namespace {

template <class Lookup>
void read_words(const config& options, const char* key, std::vector<std::string>& words, Lookup lookup) {
  words = options.get(key, words);
  if (words.empty()) throw options.fail(concat(key, ": wanted at least one"));
  in_context(concat(options.source(), ": ", options.path(), ".", key), [&] {
    for (const std::string& name : words) lookup(name);
  });
}

void read_share(const config& options, const char* key, double& value) {
  value = options.get(key, value);
  if (!(value >= 0 && value <= 1)) throw options.fail(concat(key, ": wanted 0 ... 1, got ", value));
}

// draw_scene() finds something for each choice only if there is something.
void check_choices(const config& options, const shape_world& world) {
  std::vector<std::string> backgrounds = world.backgrounds;
  backgrounds.push_back(unnamed_background);
  for (const std::string& background : backgrounds)
    if (std::all_of(world.colours.begin(), world.colours.end(),
                    [&](const std::string& colour) { return colour == background; }))
      throw options.fail(concat("colours: none can be seen on ", background));
  const bool is_shown =
      std::any_of(world.motions.begin(), world.motions.end(), [&](const std::string& motion) {
        return std::any_of(world.shapes.begin(), world.shapes.end(),
                           [&](const std::string& shape) { return shows(shape, motion); });
      });
  if (!is_shown) throw options.fail("motions: none of the shapes shows any of them");
}

combinations read_combinations(const config& options) {
  static const registry<combinations> table("choice of combinations",
                                            {{"all", combinations::all, "every one"},
                                             {"common", combinations::common, "all but those held out"},
                                             {"held_out", combinations::held_out, "only those held out"}});
  return table.find(options.get("combinations", "all"));
}

// Whatever else is drawn before, something must be left to choose.
void check_combinations(const config& options, const shape_world& world) {
  if (world.combined == combinations::all) return;
  if (world.random_colours > 0)
    throw options.fail("combinations: random colours have no combinations: wanted 'all'");
  for (const std::string& colour : world.colours)
    for (const std::string& shape : world.shapes)
      for (const std::string& motion : world.motions)
        if (colour != unnamed_background && shows(shape, motion) &&
            is_held_out(colour, shape, motion) == (world.combined == combinations::held_out))
          return;
  throw options.fail("combinations: none of these words' belongs to them");
}

}  // namespace

// FNV-1a, so that it is the same everywhere.
bool is_held_out(const std::string& colour, const std::string& shape, const std::string& motion) {
  uint32_t hash = 0x811c9dc5;
  for (const char letter : colour + " " + shape + " " + motion)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x01000193;
  return (hash >> 13) % 8 == 0;
}

bool shows(const std::string& shape, const std::string& motion) {
  return motion != "rotate" || outline_named(shape).period > 0;
}

shape_world read_shape_world(const config& options) {
  shape_world world;
  world.width = int(options.bounded("width", world.width, 16, 1024));
  world.height = int(options.bounded("height", world.height, 16, 1024));
  world.frames = int(options.bounded("frames", world.frames, 1, 256));
  read_words(options, "colours", world.colours, colour_named);
  read_words(options, "shapes", world.shapes, shape_named);
  read_words(options, "motions", world.motions, motion_named);
  read_words(options, "backgrounds", world.backgrounds, colour_named);
  read_words(options, "sizes", world.sizes, size_named);
  read_words(options, "textures", world.textures, texture_named);
  read_share(options, "two_objects", world.two_objects);
  read_share(options, "named_background", world.named_background);
  read_share(options, "place_words", world.place_words);
  read_share(options, "random_colours", world.random_colours);
  read_share(options, "begins", world.begins);
  world.synonyms = options.get("synonyms", world.synonyms);
  world.combined = read_combinations(options);
  check_choices(options, world);
  check_combinations(options, world);
  return world;
}

}  // namespace zoetrope
