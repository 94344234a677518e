// What `zoetrope describe PART` prints is a configuration: `zoetrope describe FILE` reads it back to the same
// bytes, for every class that describe knows.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "models/presets.hpp"
#include "schedulers/scheduler.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

program_result describe(const std::string& what) {
  return run({.arguments = {"describe", what}, .folder = ZOETROPE_SOURCE_DIR});
}

// Told by the program itself. Presets are whole models, read back by `init`.
std::vector<std::string> known_classes() {
  const std::string message = describe("nothing").err;
  std::smatch list;
  EXPECT_TRUE(std::regex_search(message, list, std::regex("\\(known: ([^)]*)\\)"))) << message;
  std::set<std::string> names;
  const std::string listed = list[1];
  static const std::regex word("[^, ]+");
  for (std::sregex_iterator at(listed.begin(), listed.end(), word), end; at != end; ++at)
    names.insert(at->str());
  for (const std::string& preset : model_presets().names()) names.erase(preset);
  return {names.begin(), names.end()};
}

TEST(Description, ReadsBackToTheSameBytes) {
  const temporary_folder folder;
  const std::vector<std::string> names = known_classes();
  EXPECT_GE(names.size(), schedulers().names().size() + 7);  // the models' and `generate`
  for (const std::string& name : names) {
    const program_result described = describe(name);
    ASSERT_EQ(described.exit_code, 0) << name << ": " << described.err;
    folder.put(name + ".json", described.out);
    const program_result again = describe((folder / (name + ".json")).string());
    EXPECT_EQ(again.exit_code, 0) << name << ": " << again.err;
    EXPECT_EQ(again.out, described.out) << name;
  }
}

TEST(Description, AShortNameIsDescribedAsItsClass) {
  EXPECT_EQ(describe("euler").out, describe("EulerDiscreteScheduler").out);
}

}  // namespace
}  // namespace zoetrope
