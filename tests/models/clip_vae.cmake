zt_test(clip_vae TORCH
  SOURCES autoencoder_kl_test.cpp clip_text_encoder_test.cpp image_encoders_test.cpp tiled_coding_test.cpp
  DEPENDS zt_eval)
