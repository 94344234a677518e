# Language, warnings, ccache, linker, and the one function that makes a library.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

find_program(ccache_program ccache)
if(ccache_program)
  # Precompiled headers are safe to cache with these (ccache manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ccache_program})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${ccache_program})
endif()
find_program(mold_program mold)
if(mold_program)
  add_link_options(-fuse-ld=mold)
endif()

add_library(zt_warnings INTERFACE)
target_compile_options(zt_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wno-missing-field-initializers>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${ZOETROPE_WERROR}>>:-Werror>)
if(ccache_program)
  target_compile_options(zt_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()
if(ZOETROPE_SANITIZE)
  # GCC 12 sees uninitialised members in std::regex where it is instrumented.
  add_compile_options(-fsanitize=${ZOETROPE_SANITIZE} -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${ZOETROPE_SANITIZE})
endif()

# zt_library(NAME [TORCH] SOURCES … DEPENDS …): a static library rooted at the repository root.
# TORCH: uses libtorch, and the one precompiled ATen header that all such libraries share.
function(zt_library name)
  cmake_parse_arguments(arg "TORCH" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE zt_warnings)
  if(arg_TORCH)
    zt_use_torch(${name})
  endif()
endfunction()

# Links libtorch and reuses the precompiled header of zt_tensor.
function(zt_use_torch name)
  target_link_libraries(${name} PUBLIC zoetrope::torch)
  if(name STREQUAL zt_tensor)
    target_precompile_headers(${name} PRIVATE <ATen/ATen.h> <nlohmann/json.hpp>)
  else()
    target_precompile_headers(${name} REUSE_FROM zt_tensor)
    # An executable would get -fPIE, with which the libraries' precompiled header cannot be read.
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIC)
  endif()
endfunction()
