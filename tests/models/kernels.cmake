# Hand-written kernels against libtorch's own operators.
zt_test(kernels TORCH
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/add_layer_norm_test.cpp ${CMAKE_CURRENT_LIST_DIR}/fused_sums_test.cpp ${CMAKE_CURRENT_LIST_DIR}/geglu_test.cpp ${CMAKE_CURRENT_LIST_DIR}/guided_step_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/group_norm_silu_test.cpp ${CMAKE_CURRENT_LIST_DIR}/layer_norm_position_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/phase_upsampling_test.cpp
  DEPENDS zt_models)
target_compile_definitions(test_kernels PRIVATE ZOETROPE_CUDA_EMULATION="$<TARGET_FILE:zoetrope_cuda_emulation>")
target_include_directories(test_kernels PRIVATE ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_LIST_DIR})
add_dependencies(test_kernels zoetrope_cuda_emulation)
