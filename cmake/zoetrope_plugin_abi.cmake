# zt_plugin_abi(): the target plugin_abi, which writes include/pipelines/plugin_abi.hpp into the build folder: for
# which headers a plug-in was built (docs/plugins.md). The headers are read at every build; as a script (cmake -P)
# this writes that file, and only where it changed, so that only who includes it is compiled again.
if(CMAKE_SCRIPT_MODE_FILE)
  set(all "")
  foreach(folder core attention schedulers models pipelines eval)
    file(GLOB_RECURSE headers RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/${folder}/*.hpp ${SOURCE_DIR}/${folder}/*.h)
    foreach(header ${headers})
      file(SHA256 ${SOURCE_DIR}/${header} hash)
      string(APPEND all "${hash} ${header}\n")
    endforeach()
  endforeach()
  string(SHA256 hash "${all}")
  string(SUBSTRING ${hash} 0 16 headers)
  file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
// Written by cmake/zoetrope_plugin_abi.cmake.
#pragma once

#include <torch/headeronly/version.h>

namespace zoetrope {

/// Of the headers that a plug-in sees; another one needs a plug-in that is built anew.
inline constexpr const char* plugin_abi = "zoetrope's headers @headers@, libtorch " TORCH_VERSION;

}  // namespace zoetrope
]] @ONLY)
  return()
endif()

function(zt_plugin_abi)
  set(output ${PROJECT_BINARY_DIR}/include/pipelines/plugin_abi.hpp)
  add_custom_target(plugin_abi BYPRODUCTS ${output}
    COMMAND ${CMAKE_COMMAND} -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D OUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/cmake/zoetrope_plugin_abi.cmake
    VERBATIM)
endfunction()
