zt_test(foreign_weights TORCH
  SOURCES checkpoint_keys_test.cpp lora_keys_test.cpp lora_scaling_test.cpp lora_test.cpp weight_file_path_test.cpp
  DEPENDS zt_models)
