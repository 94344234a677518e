// The words of the moving shapes: what a caption may say, and what it means. The first phrase of an entry is
// the one that is used where synonyms are off.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace zoetrope {

using rgb = std::array<float, 3>;  // in [0, 1]

float colour_distance(const rgb& a, const rgb& b);

struct colour_word {
  std::string name;
  rgb value;
};

/// A name and all that a caption may say for it.
struct word {
  std::string name;
  std::vector<std::string> phrases;
};

struct size_word {
  std::string name;
  double radius;                     ///< of a circle of the same area, in shorter sides of the frame
  std::vector<std::string> phrases;  ///< "" for the size that goes without saying
};

struct motion_word {
  std::string name;
  std::vector<std::string> phrases;
  std::string place;     ///< where it comes from: "from the left"; empty where there is no such place
  std::string opposite;  ///< empty where there is none
};

const std::vector<colour_word>& palette();
const std::vector<word>& shape_words();
const std::vector<word>& texture_words();  ///< plain goes without saying
const std::vector<size_word>& size_words();
const std::vector<motion_word>& motion_words();
/// What stands before "a white background".
const std::vector<std::string>& background_phrases();

/// A caption that names no background has this one.
inline constexpr const char* unnamed_background = "black";

/// The names of a table.
template <class Word>
std::vector<std::string> names_of(const std::vector<Word>& words) {
  std::vector<std::string> names;
  for (const Word& each : words) names.push_back(each.name);
  return names;
}

/// The entry `name` of a table; error{bad_input} says what is known, `kind` names the table.
const colour_word& colour_named(const std::string& name);
const word& shape_named(const std::string& name);
const word& texture_named(const std::string& name);
const size_word& size_named(const std::string& name);
const motion_word& motion_named(const std::string& name);

/// Of `names`, the colour nearest to `value`, and how far it is.
struct named_colour {
  std::string name;
  float distance;
};
named_colour nearest_colour(const rgb& value, const std::vector<std::string>& names);

}  // namespace zoetrope
