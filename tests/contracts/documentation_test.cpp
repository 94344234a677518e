// docs/configuration.md has a block for every part, and each block says what the program says.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include "cli/part_kinds.hpp"
#include "core/config.hpp"
#include "schedulers/scheduler.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

const std::filesystem::path page = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "docs/configuration.md";

// Heading -> the first JSON block below it.
std::map<std::string, std::string> documented_blocks() {
  static const std::regex heading("^### `([^`]+)`$");
  std::map<std::string, std::string> blocks;
  std::istringstream text(read_text_file(page));
  std::string name;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (inside && line == "```") {
      inside = false;
      name.clear();
    } else if (inside) {
      blocks[name] += line + "\n";
    } else if (std::regex_match(line, match, heading)) {
      name = match[1];
    } else if (line == "```json" && !name.empty()) {
      inside = true;
    }
  }
  return blocks;
}

TEST(Documentation, EveryPartHasABlock) {
  const auto blocks = documented_blocks();
  std::vector<std::string> wanted = schedulers().names();
  for (const char* name : {"generate", "UNet3DConditionModel", "UNet2DConditionModel", "AutoencoderKL",
                           "CLIPTextModel", "CLIPTextModelWithProjection"})
    wanted.push_back(name);
  for (const std::string& name : wanted) EXPECT_TRUE(blocks.count(name)) << name;
}

TEST(Documentation, EveryPartOfAUnetHasABlock) {
  const auto blocks = documented_blocks();
  for (const part_kind& kind : part_kinds())
    for (const std::string& part : kind.parts)
      if (part != "torchscript") {  // has no default; docs/plugins.md
        EXPECT_TRUE(blocks.count(kind.name + " " + part)) << kind.name << " " << part;
      }
}

TEST(Documentation, EveryBlockIsWhatTheProgramSays) {
  const auto blocks = documented_blocks();
  ASSERT_GT(blocks.size(), 20u);
  for (const auto& [name, block] : blocks) {
    std::vector<std::string> arguments{"describe"};  // "position rope" is two words
    std::istringstream words(name);
    for (std::string word; words >> word;) arguments.push_back(word);
    const program_result described = run({.arguments = arguments, .folder = ZOETROPE_SOURCE_DIR});
    ASSERT_EQ(described.exit_code, 0) << name << ": " << described.err;
    EXPECT_EQ(parse_json(block, name), described.json()) << name << ": run tools/update_docs.py";
  }
}

}  // namespace
}  // namespace zoetrope
