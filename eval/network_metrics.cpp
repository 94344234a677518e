// See network_metrics.hpp.
#include "eval/network_metrics.hpp"

#include "eval/network_metrics/makers.hpp"

namespace zoetrope {

void add_network_metrics() {
  [[maybe_unused]] static const bool added = [] {
    metrics().add({"clip_text_score", make_clip_text_score, "CLIP: how well the frames show the prompt"});
    metrics().add({"clip_frame_consistency", make_clip_frame_consistency,
                   "CLIP's features over frames; with ViT-B/32 VBench's background_consistency"});
    metrics().add({"subject_consistency", make_subject_consistency, "VBench's: DINO's features over frames"});
    metrics().add(
        {"dynamic_degree", make_dynamic_degree, "VBench's: whether the clip moves, by RAFT's flow"});
    metrics().add({"frame_lpips", make_frame_lpips, "perceptual distance of neighbouring frames"});
    metrics().add({"lpips", make_lpips, "perceptual distance from a reference video"});
    metrics().add({"tlp", make_tlp, "how far frame_lpips is from that of a reference video"});
    set_metrics().add({"fvd", make_fvd, "Frechet video distance: I3D's logits, by a TorchScript program"});
    return true;
  }();
}

}  // namespace zoetrope
