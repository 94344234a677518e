// docs/attention_parts.md shows each pattern and position with the defaults that the code has.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "attention/layout.hpp"
#include "attention/position.hpp"

namespace zoetrope {
namespace {

const std::string page =
    read_text_file(std::filesystem::path(ZOETROPE_SOURCE_DIR) / "docs/attention_parts.md");

// Heading -> the first JSON block below it.
std::map<std::string, json> documented_blocks() {
  std::map<std::string, json> blocks;
  std::istringstream text(page);
  std::string heading, block;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("### `", 0) == 0) heading = line.substr(5, line.size() - 6);
    if (inside && line == "```") {
      blocks.emplace(heading, parse_json(block, heading));
      inside = false;
    } else if (inside) {
      block += line;
    } else if (line == "```json") {
      inside = true;
      block.clear();
    }
  }
  return blocks;
}

// What a part read of an empty config wherever it is legal, without its type.
template <class Make>
json described(const std::string& name, const Make& make) {
  json all = json::object();
  for (const std::vector<token_axis>& axes :
       std::vector<std::vector<token_axis>>{{token_axis::frame}, {token_axis::row, token_axis::column}}) {
    const config options(json{{"type", name}});
    try {
      make(options, axes);
    } catch (const error&) {
      continue;
    }
    all.update(options.described());
  }
  all.erase("type");
  return all;
}

TEST(AttentionPartsPage, ShowsEveryPatternAtItsDefaults) {
  const auto blocks = documented_blocks();
  for (const std::string& name : attention_patterns().names()) {
    ASSERT_TRUE(blocks.count(name)) << name;
    EXPECT_EQ(blocks.at(name),
              described(name, [](const config& options,
                                 const auto& axes) { return make_attention_pattern(options, axes); }))
        << name;
  }
}

TEST(AttentionPartsPage, ShowsEveryPositionAtItsDefaults) {
  const auto blocks = documented_blocks();
  for (const std::string& name : attention_positions().names()) {
    ASSERT_TRUE(blocks.count(name)) << name;
    EXPECT_EQ(
        blocks.at(name),
        described(name,
                  [](const config& options, const auto& axes) {
                    return make_attention_position(
                        options,
                        {.channels = 320, .heads = 8, .head_dim = 40, .axes = axes, .maximum_frames = 24});
                  }))
        << name;
  }
}

TEST(AttentionPartsPage, NamesEveryLayout) {
  for (const std::string& name : attention_layouts().names())
    EXPECT_NE(page.find("\n| `" + name + "` |"), std::string::npos) << name;
}

}  // namespace
}  // namespace zoetrope
