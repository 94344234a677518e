// Which commit the program was built from; the definition is written at every build
// (cmake/zoetrope_revision.cmake).
#pragma once

#include <string>

namespace zoetrope {

struct source_revision {
  std::string commit;  ///< empty outside a git checkout
  bool dirty = false;  ///< tracked files were changed
};
source_revision built_revision();

}  // namespace zoetrope
