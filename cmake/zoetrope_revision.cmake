# zt_revision_source(TARGET): adds a source to TARGET that knows of which commit the sources are, looked up at
# every build. As a script (cmake -P) it writes that source, and only where it changed.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND git rev-parse HEAD WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE revision
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  execute_process(COMMAND git status --porcelain --untracked-files=no WORKING_DIRECTORY ${SOURCE_DIR}
                  OUTPUT_VARIABLE changes ERROR_QUIET)
  if(failed)
    set(revision "")
  endif()
  set(dirty false)
  if(changes)
    set(dirty true)
  endif()
  file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
// Written by cmake/zoetrope_revision.cmake.
#include "experiments/source_revision.hpp"
namespace zoetrope {
source_revision built_revision() { return {"@revision@", @dirty@}; }
}  // namespace zoetrope
]] @ONLY)
  return()
endif()

function(zt_revision_source target)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/source_revision.cpp)
  add_custom_target(${target}_revision BYPRODUCTS ${output}
    COMMAND ${CMAKE_COMMAND} -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D OUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/cmake/zoetrope_revision.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
  set_source_files_properties(${output} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  add_dependencies(${target} ${target}_revision)
endfunction()
