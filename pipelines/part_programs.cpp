// See part_programs.hpp.
#include "pipelines/part_programs.hpp"

namespace zoetrope {

namespace {

void collect(const json& part, std::vector<std::string>& files) {
  if (!part.is_structured()) return;
  if (part.is_object() && part.contains("path") && part["path"].is_string()) files.push_back(part["path"]);
  for (const json& below : part) collect(below, files);
}

}  // namespace

std::vector<std::string> torchscript_files(const json& unet) {
  std::vector<std::string> files;
  collect(unet, files);
  return files;
}

}  // namespace zoetrope
