zt_test(unet TORCH
  SOURCES controlnet_test.cpp motion_weights_test.cpp unet_cases_test.cpp unet_options_test.cpp unet_parts_test.cpp unet3d_test.cpp
  DEPENDS zt_eval)
