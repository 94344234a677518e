# Hand-written kernels against libtorch's own operators.
zt_test(kernels TORCH SOURCES ${CMAKE_CURRENT_LIST_DIR}/group_norm_silu_test.cpp DEPENDS zt_models)
