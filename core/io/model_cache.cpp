// See model_cache.hpp.
#include "core/io/model_cache.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/io/confined_folder.hpp"

namespace zoetrope {
namespace {

// `text` in steps separated by '/', each a plain name (a revision may be "refs/pr/3").
bool is_plain_path(const std::string& text) {
  const std::filesystem::path path(text);
  return !text.empty() && text.back() != '/' &&
         std::all_of(path.begin(), path.end(), [](const auto& step) { return is_plain_name(step.string()); });
}

std::filesystem::path cache_folder() {
  const auto value = [](const char* name) -> std::filesystem::path {
    const char* text = std::getenv(name);
    return text ? text : "";
  };
  if (const auto folder = value("HF_HUB_CACHE"); !folder.empty()) return folder;
  if (const auto folder = value("HUGGINGFACE_HUB_CACHE"); !folder.empty()) return folder;
  if (const auto folder = value("HF_HOME"); !folder.empty()) return folder / "hub";
  if (const auto folder = value("XDG_CACHE_HOME"); !folder.empty()) return folder / "huggingface" / "hub";
  return value("HOME") / ".cache" / "huggingface" / "hub";
}

std::string names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (names.size() < 20) names.push_back(printable(entry.path().filename().string(), 64));
  std::sort(names.begin(), names.end());
  return names.empty() ? "none" : joined(names);
}

}  // namespace

bool is_hub_name(const std::string& name) {
  const std::string id = name.substr(0, name.find('@'));
  const auto slash = id.find('/');
  return slash != std::string::npos && is_plain_name(id.substr(0, slash)) &&
         is_plain_name(id.substr(slash + 1)) &&
         (id.size() == name.size() || is_plain_path(name.substr(id.size() + 1)));
}

std::filesystem::path find_cached_snapshot(const std::string& name) {
  ZT_CHECK(is_hub_name(name), bad_input, "'", printable(name), "' is not org/name or org/name@revision");
  const auto at = name.find('@');
  const std::string revision = at == std::string::npos ? "main" : name.substr(at + 1);
  std::string folder_name = "models--" + name.substr(0, at);
  folder_name.replace(folder_name.find('/'), 1, "--");
  const auto repository = cache_folder() / folder_name;
  ZT_CHECK(std::filesystem::is_directory(repository), bad_input, "no folder '", printable(name),
           "' here, and no ", printable(repository.string()),
           " in the Hugging Face cache; download it first");

  std::string commit = revision;
  if (std::filesystem::exists(repository / "refs" / revision)) {
    commit = confined_folder(repository / "refs").read_text(revision, 256);
    commit.erase(commit.find_last_not_of(" \r\n") + 1);
  }
  ZT_CHECK(is_plain_name(commit) && std::filesystem::is_directory(repository / "snapshots" / commit),
           bad_input, printable(repository.string()), ": revision '", printable(revision),
           "' is not there (refs: ", names_in(repository / "refs"),
           "; snapshots: ", names_in(repository / "snapshots"), ")");
  return repository / "snapshots" / commit;
}

}  // namespace zoetrope
