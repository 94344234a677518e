// See scene.hpp.
#include "core/shapes/scene.hpp"

#include <algorithm>

#include "core/shapes/outline.hpp"

namespace zoetrope {
namespace {

constexpr double colour_jitter = 0.03, radius_jitter = 0.05;
constexpr double gap = 0.08;               // between two objects, where they come nearest
constexpr float least_contrast = 0.35f;    // of random colours
constexpr std::size_t phrase_choices = 6;  // a multiple of the numbers of phrases, so that each is as likely

template <class Keep>
std::vector<std::string> kept(std::vector<std::string> names, Keep keep) {
  std::erase_if(names, [&](const std::string& name) { return !keep(name); });
  return names;
}

// How far two things must be apart that move like that.
enum class axis { any, horizontal, vertical };

axis axis_of(const std::string& motion) {
  if (motion == "left" || motion == "right") return axis::horizontal;
  return motion == "up" || motion == "down" || motion == "bounce" ? axis::vertical : axis::any;
}

class drawing {
 public:
  drawing(const shape_world& world, uint64_t seed, uint64_t index) : world_(world), random_(seed, index) {
    motions_ =
        kept(world.motions, [&](const std::string& motion) { return !shapes_that_show(motion).empty(); });
  }

  // Until one is drawn whose objects are all of the wanted combinations.
  scene draw() {
    for (;;)
      if (scene drawn = draw_any(); belongs(drawn)) return drawn;
  }

 private:
  bool belongs(const scene& drawn) const {
    return world_.combined == combinations::all ||
           std::all_of(drawn.objects.begin(), drawn.objects.end(), [&](const scene_object& object) {
             return is_held_out(object.look.colour, object.shape, object.path.motion) ==
                    (world_.combined == combinations::held_out);
           });
  }

  scene draw_any() {
    scene result;
    any_colours_ = random_.chance(world_.random_colours);
    result.names_background = random_.chance(world_.named_background);
    result.background =
        look(result.names_background ? random_.pick(world_.backgrounds) : unnamed_background, {});
    result.background.period = random_.uniform(0.1, 0.3);
    result.phrase = phrase();
    result.begins = world_.begins;
    const std::vector<std::string> motions = motions_on(result.background);
    for (const std::string& motion : motions) result.objects.push_back(object(motion, motions, result));
    return result;
  }

  std::vector<std::string> shapes_that_show(const std::string& motion) const {
    return kept(world_.shapes, [&](const std::string& shape) { return shows(shape, motion); });
  }

  std::vector<std::string> colours_apart_from(const std::vector<surface>& others) const {
    return kept(world_.colours, [&](const std::string& name) {
      return std::none_of(others.begin(), others.end(), [&](const surface& o) { return o.colour == name; });
    });
  }

  // With random colours the name follows from the value, see look().
  std::string colour_for(const std::vector<surface>& others) {
    return any_colours_ ? "" : random_.pick(colours_apart_from(others));
  }

  // One motion, or two that keep to their lanes where there are colours for two.
  std::vector<std::string> motions_on(const surface& background) {
    const auto fits_lane = [](const std::string& m) { return m != "grow" && m != "shrink" && m != "orbit"; };
    const std::vector<std::string> pairable = kept(motions_, fits_lane);
    const bool is_pair = random_.chance(world_.two_objects);
    if (!is_pair || pairable.empty() || colours_apart_from({background}).size() < 2)
      return {random_.pick(motions_)};
    const std::string first = random_.pick(pairable);
    return {first, random_.pick(kept(pairable, [&](const std::string& m) {
              return axis_of(m) == axis_of(first) || axis_of(m) == axis::any || axis_of(first) == axis::any;
            }))};
  }

  scene_object object(const std::string& motion, const std::vector<std::string>& motions,
                      const scene& so_far) {
    const bool is_pair = motions.size() == 2;
    scene_object made;
    made.shape = random_.pick(shapes_that_show(motion));
    made.size = is_pair ? "small" : random_.pick(world_.sizes);
    made.radius = size_named(made.size).radius * random_.uniform(1 - radius_jitter, 1 + radius_jitter);
    std::vector<surface> others{so_far.background};
    for (const scene_object& other : so_far.objects) others.push_back(other.look);
    made.look = look(colour_for(others), others);
    made.look.period = random_.uniform(0.6, 1.2);
    const double reach =
        made.radius * outline_named(made.shape).reach * std::min(world_.width, world_.height);
    made.path = draw_trajectory(motion, is_pair ? half(motions, so_far.objects.size()) : lane{},
                                reach / world_.width, reach / world_.height, random_);
    made.phrase = phrase();
    made.tells_place = random_.chance(world_.place_words);
    return made;
  }

  // Movers along an axis lie side by side across it.
  lane half(const std::vector<std::string>& motions, std::size_t which) const {
    const bool stacked = axis_of(motions[0]) == axis::horizontal || axis_of(motions[1]) == axis::horizontal;
    lane where;
    (stacked ? (which == 0 ? where.bottom : where.top) : (which == 0 ? where.right : where.left)) =
        which == 0 ? 0.5 - gap / 2 : 0.5 + gap / 2;
    return where;
  }

  surface look(const std::string& name, const std::vector<surface>& others) {
    surface made;
    made.colour = name;
    made.texture = random_.pick(world_.textures);
    made.value = any_colours_ ? any_colour(others) : shaded(colour_named(name).value);
    if (any_colours_) made.colour = nearest_colour(made.value, names_of(palette())).name;
    made.second = any_colour({made});
    return made;
  }

  rgb shaded(rgb value) {
    for (float& part : value)
      part = std::clamp(part + float(random_.uniform(-colour_jitter, colour_jitter)), 0.f, 1.f);
    return value;
  }

  // One that can be told from the others, of which there are few.
  rgb any_colour(const std::vector<surface>& others) {
    rgb value;
    do
      for (float& part : value) part = float(random_.uniform());
    while (std::any_of(others.begin(), others.end(), [&](const surface& other) {
      return colour_distance(value, other.value) < least_contrast;
    }));
    return value;
  }

  std::size_t phrase() {
    const auto drawn = std::size_t(random_.uniform(0, double(phrase_choices)));
    return world_.synonyms ? drawn : 0;
  }

  const shape_world& world_;
  std::vector<std::string> motions_;
  splitmix random_;
  bool any_colours_ = false;  // of this scene
};

}  // namespace

scene draw_scene(const shape_world& world, uint64_t seed, uint64_t index) {
  return drawing(world, seed, index).draw();
}

}  // namespace zoetrope
