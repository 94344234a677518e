// Where one part of a model comes from: its config, and its weight files with the names that they use. A part
// is built, resolved against its files' headers, and only then filled, so that what does not fit is found
// before weights are read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "models/pretrained.hpp"

namespace zoetrope {

/// `Part` has a constructor from its config.
template <class Part>
struct part_origin {
  std::string where;  ///< told in errors: a folder, or a file
  config options;
  /// Opens the files; their key maps may depend on how the part is built, which must outlive them.
  std::function<std::vector<weight_file>(const Part&)> files;

  /// Without memory for its tensors.
  std::unique_ptr<Part> built() const {
    return in_context(where, [&] { return std::make_unique<Part>(options); });
  }
  /// error{bad_input} lists all missing, unexpected and misshapen tensors.
  std::shared_ptr<const weight_source> resolved(const Part& part, const load_options& load) const {
    return in_context(where, [&] { return std::make_shared<const weight_source>(part, files(part), load); });
  }
};

/// A component of a diffusers folder.
template <class Part>
part_origin<Part> origin_in_folder(const model_component& component, const std::string& variant = "") {
  return {printable(component.folder.string()), component.read_config(),
          [=](const Part& part) { return weight_files_of(part, component, variant); }};
}

}  // namespace zoetrope
