// Holds the arrows of docs/architecture.md: who may include whom, and which code stays free of torch.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
const fs::path root = ZOETROPE_SOURCE_DIR;

// A folder may include itself and what is listed; core/tensor is a layer of its own above core.
const std::map<std::string, std::set<std::string>> may_include{
    {"core", {}},
    {"core/cuda", {"core"}},
    {"core/shapes", {"core"}},
    {"core/vision", {"core"}},
    {"core/tensor", {"core", "core/cuda"}},
    {"attention", {"core", "core/tensor", "core/cuda"}},
    {"schedulers", {"core", "core/tensor"}},
    {"models", {"core", "core/tensor", "core/cuda", "attention"}},
    {"pipelines", {"core", "core/vision", "core/tensor", "attention", "models", "schedulers"}},
    {"training",
     {"core", "core/shapes", "core/vision", "core/tensor", "attention", "models", "schedulers", "pipelines"}},
    {"eval",
     {"core", "core/shapes", "core/vision", "core/tensor", "attention", "models", "schedulers", "pipelines"}},
    {"experiments", {"core", "core/tensor", "models", "schedulers", "pipelines", "eval"}},
    {"cli",
     {"core", "core/vision", "core/tensor", "core/cuda", "attention", "models", "schedulers", "pipelines",
      "training", "eval", "experiments"}},
    {"bench", {"core", "core/tensor", "core/cuda", "attention", "models", "schedulers", "training", "eval"}},
};

struct include_line {
  fs::path file;
  std::string target;
  bool quoted;
};

std::vector<include_line> includes_of(const std::string& folder) {
  static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<include_line> lines;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const std::string extension = entry.path().extension().string();
    if (!std::set<std::string>{".cpp", ".hpp", ".h", ".inl", ".cu", ".cuh"}.count(extension)) continue;
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      std::smatch match;
      if (std::regex_search(line, match, pattern))
        lines.push_back({entry.path(), match[2], match[1] == "\""});
    }
  }
  return lines;
}

// The layer a path relative to the root belongs to: the longest listed folder above it.
std::string layer_of(const std::string& path) {
  std::string best;
  for (const auto& [folder, allowed] : may_include)
    if (path.rfind(folder + "/", 0) == 0 && folder.size() > best.size()) best = folder;
  return best;
}

bool is_torch(const std::string& target) {
  return std::regex_search(target, std::regex("^(ATen|torch|c10)/"));
}

TEST(Layering, IncludesFollowTheArrows) {
  std::size_t seen = 0;
  for (const char* top : {"core", "attention", "schedulers", "models", "pipelines", "training", "eval",
                          "experiments", "cli", "bench"})
    for (const include_line& line : includes_of(top)) {
      if (!line.quoted) continue;
      const std::string from = layer_of(fs::relative(line.file, root).string()), to = layer_of(line.target);
      ASSERT_FALSE(to.empty()) << line.file << " includes \"" << line.target
                               << "\", which is in no known folder";
      EXPECT_TRUE(from == to || may_include.at(from).count(to)) << line.file << ": " << from << " -> " << to;
      ++seen;
    }
  EXPECT_GT(seen, 50u);
}

TEST(Layering, EveryFolderOfSourcesIsListed) {
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || name[0] == '.' || name.rfind("build", 0) == 0 || name == "tests" ||
        name == "docs")
      continue;
    for (const auto& file : fs::recursive_directory_iterator(entry.path()))
      if (file.path().extension() == ".cpp") {
        EXPECT_FALSE(layer_of(fs::relative(file.path(), root).string()).empty()) << file.path();
      }
  }
}

TEST(Layering, CoreAndTokenizerAreFreeOfTorch) {
  for (const include_line& line : includes_of("core")) {
    const std::string layer = layer_of(fs::relative(line.file, root).string());
    if (layer != "core/tensor") {
      EXPECT_FALSE(is_torch(line.target)) << line.file << " includes " << line.target;
    }
  }
  for (const include_line& line : includes_of("models"))
    if (line.file.filename().string().rfind("clip_tokenizer", 0) == 0) {
      EXPECT_FALSE(is_torch(line.target)) << line.file << " includes " << line.target;
    }
}

TEST(Layering, MetricsAreFreeOfTorch) {
  std::size_t seen = 0;
  for (const include_line& line : includes_of("eval")) {
    const std::string file = fs::relative(line.file, root / "eval").string();
    if (!file.starts_with("metric") && !file.starts_with("set_metric")) continue;
    EXPECT_FALSE(is_torch(line.target)) << file << " includes " << line.target;
    ++seen;
  }
  EXPECT_GT(seen, 20u);
}

TEST(Layering, KernelsSeeNoTorchHeader) {
  for (const auto& [folder, allowed] : may_include) {
    if (!fs::exists(root / folder)) continue;
    for (const include_line& line : includes_of(folder)) {
      const std::string extension = line.file.extension().string();
      if (extension == ".cu" || extension == ".cuh") {
        EXPECT_FALSE(is_torch(line.target)) << line.file << " includes " << line.target;
      }
    }
  }
}

TEST(Layering, OnlyTheProgramKnowsTheCommandLine) {
  for (const char* folder :
       {"core", "attention", "schedulers", "models", "pipelines", "training", "eval", "experiments"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cpp" && extension != ".hpp") continue;
      std::ifstream stream(entry.path());
      const std::string text((std::istreambuf_iterator<char>(stream)), {});
      EXPECT_FALSE(std::regex_search(
          text, std::regex(R"(CLI/CLI\.hpp|\bstd::c(out|err)\b|\b(printf|puts|exit|abort)\()")))
          << entry.path() << " writes to the terminal or ends the program";
    }
}

}  // namespace
}  // namespace zoetrope
