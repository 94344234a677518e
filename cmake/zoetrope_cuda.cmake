# CUDA kernels: built as one shared library, libzoetrope_cuda.so, that is opened at run time only where there is
# a GPU. Sets ZOETROPE_BUILD_CUDA and says in one line what was decided.
set(ZOETROPE_BUILD_CUDA OFF)
if(NOT ZOETROPE_CUDA STREQUAL "OFF")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER AND torch_cuda_library)
    set(CMAKE_CUDA_STANDARD 17)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    set(CMAKE_CUDA_EXTENSIONS OFF)
    if(NOT CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)
    endif()
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
    set(ZOETROPE_BUILD_CUDA ON)
  elseif(ZOETROPE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "ZOETROPE_CUDA=ON, but nvcc or a CUDA build of libtorch was not found")
  endif()
endif()

if(ZOETROPE_BUILD_CUDA)
  message(STATUS "CUDA kernels: built with ${CMAKE_CUDA_COMPILER} for ${CMAKE_CUDA_ARCHITECTURES}")
  # No torch in it: launchers take pointers and a stream. The CUDA runtime is the shared one, so that it is the
  # same that libtorch has already opened.
  add_library(zoetrope_cuda SHARED ${PROJECT_SOURCE_DIR}/core/cuda/version.cpp)
  target_include_directories(zoetrope_cuda PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(zoetrope_cuda PRIVATE ZOETROPE_VERSION="${PROJECT_VERSION}")
  set_target_properties(zoetrope_cuda PROPERTIES CUDA_RUNTIME_LIBRARY Shared)
  target_compile_options(zoetrope_cuda PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>
    $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${ZOETROPE_WERROR}>>:--Werror=all-warnings>)
  install(TARGETS zoetrope_cuda LIBRARY DESTINATION lib)
else()
  message(STATUS "CUDA kernels: not built (no nvcc, no CUDA libtorch, or ZOETROPE_CUDA=OFF); everything else is")
endif()

# zt_cuda_kernels(FILE.cu…): kernels of the folder that calls it. Where they are not built they are only noted, for their
# emulation in tests (tests/cuda_emulation).
function(zt_cuda_kernels)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  set_property(GLOBAL APPEND PROPERTY zt_cuda_files ${files})
  if(ZOETROPE_BUILD_CUDA)
    target_sources(zoetrope_cuda PRIVATE ${ARGN})
  endif()
endfunction()

# zt_hopper_kernels(FILE.cu…): kernels by instructions of sm_90a, asked first by portable ones where ZOETROPE_HOPPER is
# defined. Built for that architecture only, if one of compute capability 9.0 is asked for.
function(zt_hopper_kernels)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  set_property(GLOBAL APPEND PROPERTY zt_cuda_files ${files})
  if(ZOETROPE_BUILD_CUDA AND CMAKE_CUDA_ARCHITECTURES MATCHES "90")
    add_library(zoetrope_cuda_hopper OBJECT ${ARGN})
    set_target_properties(zoetrope_cuda_hopper PROPERTIES
      CUDA_ARCHITECTURES 90a-real POSITION_INDEPENDENT_CODE ON CUDA_RUNTIME_LIBRARY Shared)
    target_include_directories(zoetrope_cuda_hopper PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(zoetrope_cuda_hopper PRIVATE $<TARGET_PROPERTY:zoetrope_cuda,COMPILE_OPTIONS>)
    target_link_libraries(zoetrope_cuda PRIVATE zoetrope_cuda_hopper)
    target_compile_definitions(zoetrope_cuda PRIVATE ZOETROPE_HOPPER)
  endif()
endfunction()
