// See weight_file_path.hpp.
#include "models/weight_file_path.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/names.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

fs::path chosen_in(const fs::path& folder, const std::vector<std::string>& usual_names) {
  for (const std::string& name : usual_names)
    if (fs::exists(folder / name)) return folder / name;
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") found.push_back(entry.path().filename().string());
  std::sort(found.begin(), found.end());
  ZT_CHECK(found.size() == 1, bad_input, printable(folder.string()), ": got ", found.size(),
           " .safetensors files, wanted one", usual_names.empty() ? "" : " or " + joined(usual_names),
           found.empty() ? "" : "; name one of " + printable(joined(found)));
  return folder / found.front();
}

}  // namespace

safetensors_file open_weight_file(const fs::path& path, const std::vector<std::string>& usual_names) {
  ZT_CHECK(fs::exists(path), bad_input, printable(path.string()), ": no such file");
  const fs::path file = fs::is_directory(path) ? chosen_in(path, usual_names) : path;
  const std::string extension = file.extension().string();
  for (const char* pickle : {".ckpt", ".bin", ".pt", ".pth"})
    ZT_CHECK(extension != pickle, bad_input, printable(file.string()),
             ": pickles can run code and are never loaded; convert it to safetensors first");
  return safetensors_file::open(file);
}

}  // namespace zoetrope
