// What a generation does to need less memory.
#pragma once

#include <cstdint>
#include <string>

namespace zoetrope {

/// Each entry gives the bytes that the plain run gives on the same device, unless it says otherwise.
struct memory_policy {
  int64_t attention_slice =
      0;  ///< frames (temporal: rows of pixels) whose attention is computed at once; 0: all
  int64_t feed_forward_chunk = 0;   ///< tokens whose feed-forward layer is computed at once; 0: all
  bool guidance_in_turn = false;    ///< negatives and positives pass the UNet one after the other
  bool drop_text_encoders = false;  ///< their weights are given back once the prompts are encoded
  bool offload = false;             ///< only the part that is at work has its weights on the device
  bool stream = false;              ///< UNet and ControlNets borrow each layer's weights while it computes
  int64_t vae_frames = 1;           ///< frames that the VAE decodes at once
  int64_t vae_tile = 0;  ///< latent pixels a side of the VAE's tiles, blended where they overlap: not the
                         ///< same picture; 0: whole frames
  /// Bytes below which saving costs more than it gives: weights of smaller layers stay, and activations are
  /// not cut into smaller pieces.
  int64_t smallest = int64_t{1} << 20;

  bool operator==(const memory_policy&) const = default;
};

/// All that needs less memory and leaves the clip as it is.
memory_policy frugal_policy();

/// The policies that `policy` leaves off, as words for an error: "guidance_in_turn, stream".
std::string what_else_saves_memory(const memory_policy& policy);

}  // namespace zoetrope
