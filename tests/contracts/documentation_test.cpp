// docs/configuration.md has a block for every part, and each block says what the program says. tools/update_docs.py
// writes the blocks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
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

constexpr const char* missing_block =
    " has no block: write its heading \"### `NAME`\" on the page, then run tools/update_docs.py";

TEST(Documentation, EveryPartHasABlock) {
  const auto blocks = documented_blocks();
  std::vector<std::string> wanted = schedulers().names();
  for (const char* name : {"generate", "UNet3DConditionModel", "UNet2DConditionModel", "AutoencoderKL",
                           "CLIPTextModel", "CLIPTextModelWithProjection"})
    wanted.push_back(name);
  for (const std::string& name : wanted) EXPECT_TRUE(blocks.count(name)) << name << missing_block;
}

TEST(Documentation, EveryPartOfAKindHasABlock) {
  const auto blocks = documented_blocks();
  for (const part_kind& kind : part_kinds())
    for (const std::string& part : kind.parts)
      if (part != "torchscript") {  // has no default; docs/plugins.md
        EXPECT_TRUE(blocks.count(kind.name + " " + part)) << kind.name << " " << part << missing_block;
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

// `x` stands for any name.
TEST(Documentation, FilesThatAPageNamesAreThere) {
  static const std::regex named(
      "(^|[^\\w/"
      ".-])((attention|bench|cli|cmake|core|eval|experiments|models|pipelines|schedulers|tests|tools|"
      "training)/[\\w/.-]*\\.(cpp|hpp|h|inl|cu|cuh|py|sh|md|yaml))\\b");
  const std::filesystem::path root = ZOETROPE_SOURCE_DIR;
  std::vector<std::filesystem::path> pages{root / "README.md", root / "CONTRIBUTING.md"};
  for (const auto& entry : std::filesystem::directory_iterator(root / "docs"))
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  std::size_t seen = 0;
  for (const std::filesystem::path& each : pages) {
    std::istringstream text(read_text_file(each));
    for (std::string line; std::getline(text, line);)
      for (std::sregex_iterator at(line.begin(), line.end(), named), end; at != end; ++at, ++seen) {
        const std::filesystem::path file = at->str(2);
        EXPECT_TRUE(file.stem() == "x" || std::filesystem::exists(root / file)) << each << ": " << file;
      }
  }
  EXPECT_GT(seen, 60u);
}

// A heading alone is enough; what stands there already stays as it is.
TEST(Documentation, TheToolWritesTheBlockBelowAHeading) {
  const temporary_folder folder;
  const std::string block = "```json\n{\n  \"radius\": 4,\n  \"type\": \"window\"\n}\n```\n";
  const std::string head = "# Parts\n\n### `pattern window`\n\nA run of frames.\n\n";
  const std::string tail = "\n## Others\n\nNothing.\n\n### `pattern window`\n\n";
  const auto short_page = folder.put("page.md", head + tail.substr(1));
  const std::string tool = std::string(ZOETROPE_SOURCE_DIR) + "/tools/update_docs.py";
  const std::string command = concat("python3 ", tool, " ", ZOETROPE_PROGRAM, " ", short_page.string());
  for (int times = 0; times < 2; ++times) {
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(read_text_file(short_page), head + block + tail + block);
  }
}

}  // namespace
}  // namespace zoetrope
