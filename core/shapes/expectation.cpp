// See expectation.hpp.
#include "core/shapes/expectation.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>

#include "core/shapes/vocabulary.hpp"

namespace zoetrope {
namespace {

using words = std::vector<std::string>;

words split(const std::string& text) {
  std::string clean;
  for (const char letter : text) {
    const bool is_upper = letter >= 'A' && letter <= 'Z';
    const bool is_blank = std::string_view(".,;:!?\"'()\t\n").find(letter) != std::string_view::npos;
    clean += is_upper ? char(letter - 'A' + 'a') : is_blank ? ' ' : letter;
  }
  std::istringstream stream(clean);
  return {std::istream_iterator<std::string>(stream), {}};
}

enum class meaning { colour, shape, size, texture, motion, place, background, opening, filler };
struct known_phrase {
  meaning kind;
  std::string name;
};
using dictionary = std::map<words, known_phrase>;

dictionary make_dictionary() {
  dictionary known;
  const auto add = [&](meaning kind, const std::string& name, const std::string& phrase) {
    if (!phrase.empty()) known[split(phrase)] = {kind, name};
  };
  const auto add_all = [&](meaning kind, const auto& table) {
    for (const auto& entry : table)
      for (const std::string& phrase : entry.phrases) add(kind, entry.name, phrase);
  };
  add_all(meaning::shape, shape_words());
  add_all(meaning::size, size_words());
  add_all(meaning::texture, texture_words());
  add_all(meaning::motion, motion_words());
  for (const motion_word& motion : motion_words()) add(meaning::place, motion.name, motion.place);
  std::map<std::string, words> spellings;
  for (const colour_word& colour : palette()) spellings[colour.name] = {colour.name};
  spellings["gray"].push_back("grey");
  for (const auto& [name, all] : spellings)
    for (const std::string& spelling : all) {
      add(meaning::colour, name, spelling);
      add(meaning::background, name, spelling + " background");
    }
  for (const char* opening : {"a", "an", "the", "and", "with"}) add(meaning::opening, "", opening);
  for (const char* filler : {"is", "of", "background"}) add(meaning::filler, "", filler);
  for (const std::string& phrase : background_phrases()) add(meaning::filler, "", phrase);
  return known;
}

class reader {
 public:
  explicit reader(const std::string& text) : text_(split(text)) {}

  expectation read() {
    for (std::size_t at = 0; at < text_.size();) at += step(at);
    std::erase_if(result_.objects,
                  [](const auto& object) { return object.shape.empty() && object.motion.empty(); });
    if (!result_.names_background) result_.background = unnamed_background;
    return result_;
  }

 private:
  // Reads the longest phrase from here on; how many words it has.
  std::size_t step(std::size_t at) {
    static const dictionary known = make_dictionary();
    constexpr std::size_t longest = 4;
    for (std::size_t count = std::min(longest, text_.size() - at); count > 0; --count) {
      const auto found = known.find(words(text_.begin() + at, text_.begin() + at + count));
      if (found == known.end()) continue;
      take(found->second);
      return count;
    }
    result_.unknown.push_back(text_[at]);
    return 1;
  }

  void take(const known_phrase& phrase) {
    switch (phrase.kind) {
      case meaning::filler:
        return;
      case meaning::opening:
        is_open_ = false;
        return;
      case meaning::background:
        result_.background = phrase.name;
        result_.names_background = true;
        return;
      case meaning::shape:
        return describe(&expected_object::shape, phrase.name);
      case meaning::colour:
        return describe(&expected_object::colour, phrase.name);
      case meaning::size:
        return describe(&expected_object::size, phrase.name);
      case meaning::texture:
        return describe(&expected_object::texture, phrase.name);
      case meaning::motion:
        return follow(phrase.name, true);
      case meaning::place:
        return follow(phrase.name, false);
    }
  }

  // "a", "and" and the like after a noun, or what is told already, begin the next object.
  void describe(std::string expected_object::*field, const std::string& name) {
    const bool is_next = result_.objects.empty() || !(result_.objects.back().*field).empty() ||
                         (!is_open_ && !result_.objects.back().shape.empty());
    if (is_next) result_.objects.emplace_back();
    result_.objects.back().*field = name;
    is_open_ = true;
  }

  // What follows the noun.
  void follow(const std::string& motion, bool is_motion) {
    if (result_.objects.empty()) result_.objects.emplace_back();
    std::string& told = result_.objects.back().motion;
    if (is_motion || told.empty()) told = motion;
  }

  words text_;
  expectation result_;
  bool is_open_ = false;
};

}  // namespace

expectation read_caption(const std::string& text) { return reader(text).read(); }

}  // namespace zoetrope
