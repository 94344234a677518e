// docs/datasets.md shows each dataset with its options as they are.
#include <gtest/gtest.h>

#include "../../core/io/pictures.hpp"
#include "../../core/temporary_folder.hpp"
#include "training/dataset.hpp"

namespace zoetrope {
namespace {

/// The first JSON block below the heading "### `name`".
json block_of(const std::string& name) {
  const std::string page = read_text_file(std::filesystem::path(ZOETROPE_SOURCE_DIR) / "docs/datasets.md");
  const std::size_t heading = page.find("### `" + name + "`\n");
  if (heading == std::string::npos) return nullptr;
  const std::size_t begin = page.find("```json\n", heading) + 8, end = page.find("```", begin);
  return parse_json(page.substr(begin, end - begin), "docs/datasets.md " + name);
}

TEST(DatasetsPage, ShowsEveryDatasetAtItsDefaults) {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "a");
  write_video(folder / "a.gif", flat_clip(16, 16, 8));
  write_png(folder / "a/0.png", gradient(16, 16));
  folder.put("a.txt", "a clip");
  folder.put("a/prompt.txt", "a clip");
  folder.put("list.jsonl", R"({"file": "a.gif", "caption": "a clip"})");
  for (const std::string& name : datasets().names()) {
    json shown = block_of(name), given{{"type", name}};
    ASSERT_TRUE(shown.is_object()) << name;
    if (shown.contains("folder")) given["folder"] = shown["folder"] = folder.path();
    if (shown.contains("file")) given["file"] = shown["file"] = folder / "list.jsonl";
    const config options(given);
    make_dataset(options);
    EXPECT_EQ(options.described(), shown) << name;
  }
}

}  // namespace
}  // namespace zoetrope
