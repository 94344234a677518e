zt_test(unet TORCH
  SOURCES batch_invariance_test.cpp controlnet_test.cpp frozen_nodes_test.cpp motion_weights_test.cpp frame_convolution_test.cpp recomputed_test.cpp resnet_block_formula_test.cpp resnet_block_test.cpp temporal_module_test.cpp unet_cases_test.cpp
          unet_of_parts_test.cpp unet_options_test.cpp unet_parts_test.cpp unet3d_test.cpp
  DEPENDS zt_eval)
