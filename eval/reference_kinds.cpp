// The table of kinds of reference cases.
#include "eval/reference_kinds/reference_kinds.hpp"

namespace zoetrope {

const registry<reference_runner>& reference_kinds() {
  static const registry<reference_runner> table(
      "kind of reference case",
      {
          {"tokenizer", run_tokenizer_case, "CLIP's BPE tokenizer against transformers 5"},
          {"clip_text", run_clip_text_case, "CLIP text encoders, with and without projection"},
          {"vae", run_vae_case, "AutoencoderKL: encode, decode, slicing, tiling"},
          {"scheduler", run_scheduler_case, "a scheduler under many configurations, with recorded noise"},
          {"hotshot_module", run_hotshot_module_case, "one module of Hotshot-XL's UNet"},
          {"hotshot_unet3d", run_hotshot_unet3d_case, "Hotshot-XL's UNet3DConditionModel"},
          {"unet2d", run_unet2d_case, "diffusers' UNet2DConditionModel"},
          {"controlnet", run_controlnet_case, "diffusers' ControlNetModel"},
          {"lora", run_lora_case, "LoRA files on diffusers' UNet2DConditionModel and its text encoders"},
          {"hotshot_lora", run_hotshot_lora_case, "LoRA files on Hotshot-XL's UNet"},
          {"animatediff", run_animatediff_case,
           "diffusers' UNetMotionModel: an image UNet with a MotionAdapter"},
          {"hotshot_pipeline_model", run_hotshot_pipeline_model_case,
           "prompt to text states with a whole folder"},
          {"hotshot_pipeline_run", run_hotshot_pipeline_run_case, "a whole generation, step by step"},
          {"metrics", run_metrics_case,
           "flicker, PSNR, SSIM and Frechet distance against scikit-image and scipy"},
          {"source_video_run", run_source_video_case, "a generation from a clip, with and without a mask"},
      });
  return table;
}

}  // namespace zoetrope
