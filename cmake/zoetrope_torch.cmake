# zoetrope::torch: libtorch for CPU code, from TORCH_DIR or CMAKE_PREFIX_PATH, else from the torch wheel in .venv.
# Linked by file and not through find_package(Torch): TorchConfig.cmake of a CUDA build stops where there is no
# nvcc, and its libtorch.so pulls in libtorch_cuda, which a CPU run must not open.
if(NOT TORCH_DIR AND DEFINED ENV{TORCH_DIR})
  set(TORCH_DIR $ENV{TORCH_DIR})
endif()
file(GLOB wheel_torch ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
# TORCH_DIR may be the root or, as CMake uses the name, the folder of TorchConfig.cmake three levels below it.
find_path(torch_root include/ATen/ATen.h
          HINTS ${TORCH_DIR} ${TORCH_DIR}/../../.. ${CMAKE_PREFIX_PATH} $ENV{CMAKE_PREFIX_PATH} ${wheel_torch}
          PATH_SUFFIXES . libtorch NO_DEFAULT_PATH)
if(NOT torch_root)
  message(FATAL_ERROR "no libtorch found: run tools/setup.sh (it makes .venv), or give -DTORCH_DIR=/path/to/libtorch")
endif()
get_filename_component(torch_root ${torch_root} REALPATH)
message(STATUS "libtorch: ${torch_root}")

add_library(zt_torch_cpu INTERFACE)
add_library(zoetrope::torch ALIAS zt_torch_cpu)
target_include_directories(zt_torch_cpu SYSTEM INTERFACE ${torch_root}/include
                           ${torch_root}/include/torch/csrc/api/include)
target_link_libraries(zt_torch_cpu INTERFACE ${torch_root}/lib/libtorch_cpu.so ${torch_root}/lib/libc10.so)
# libtorch_cpu.so names CUDA's runtime among its needs; the wheel finds it through its own RUNPATH.
target_link_options(zt_torch_cpu INTERFACE -Wl,--allow-shlib-undefined -Wl,-rpath,${torch_root}/lib)
# The OpenMP runtime that libtorch itself runs on: two of them in a process would each keep threads of their own.
if(EXISTS ${torch_root}/lib/libgomp.so.1)
  target_link_libraries(zt_torch_cpu INTERFACE ${torch_root}/lib/libgomp.so.1)
else()
  target_link_libraries(zt_torch_cpu INTERFACE gomp)
endif()
if(EXISTS ${torch_root}/lib/libtorch_cuda.so)
  set(torch_cuda_library ${torch_root}/lib/libtorch_cuda.so)
  set(c10_cuda_library ${torch_root}/lib/libc10_cuda.so)
endif()
file(STRINGS ${torch_root}/include/torch/headeronly/version.h torch_version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
list(TRANSFORM torch_version_lines REPLACE ".* " "")
list(JOIN torch_version_lines "." torch_version)
message(STATUS "libtorch version: ${torch_version}")

# zt_parallel_sources(FILE…): files of the folder that calls it whose loops run on all threads (core/tensor/parallel.hpp).
# They cannot share a precompiled header that was compiled without OpenMP.
function(zt_parallel_sources)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fopenmp SKIP_PRECOMPILE_HEADERS ON)
endfunction()
