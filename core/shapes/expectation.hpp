// The way back from a caption: which attributes a prompt asks for.
#pragma once

#include <string>
#include <vector>

namespace zoetrope {

/// Names as in vocabulary.hpp; empty where the prompt does not say.
struct expected_object {
  std::string shape, colour, size, texture, motion;
  bool operator==(const expected_object&) const = default;
};

struct expectation {
  std::vector<expected_object> objects;
  std::string background;  ///< "black" where the prompt names none, as in the captions
  bool names_background = false;
  std::vector<std::string> unknown;  ///< words that mean nothing here, in their order
};

/// Reads any prompt: the longest phrases that are known count, upper case and punctuation do not; an article
/// or "and" after a shape begins the next object ("a red circle and a blue star"). "from the left" alone
/// means moving right. What has neither shape nor motion is no object.
expectation read_caption(const std::string& text);

}  // namespace zoetrope
