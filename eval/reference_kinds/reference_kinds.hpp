// The runners of the kinds of reference cases, one file a kind (or family); see tests/goldens/README.md.
#pragma once

#include "eval/reference_case.hpp"

namespace zoetrope {

void run_animatediff_case(const reference_case& reference, reference_report& report);
void run_clip_text_case(const reference_case& reference, reference_report& report);
void run_controlnet_case(const reference_case& reference, reference_report& report);
void run_hotshot_lora_case(const reference_case& reference, reference_report& report);
void run_hotshot_module_case(const reference_case& reference, reference_report& report);
void run_hotshot_pipeline_model_case(const reference_case& reference, reference_report& report);
void run_hotshot_pipeline_run_case(const reference_case& reference, reference_report& report);
void run_hotshot_unet3d_case(const reference_case& reference, reference_report& report);
void run_lora_case(const reference_case& reference, reference_report& report);
void run_metrics_case(const reference_case& reference, reference_report& report);
void run_scheduler_case(const reference_case& reference, reference_report& report);
void run_source_video_case(const reference_case& reference, reference_report& report);
void run_tokenizer_case(const reference_case& reference, reference_report& report);
void run_unet2d_case(const reference_case& reference, reference_report& report);
void run_vae_case(const reference_case& reference, reference_report& report);

}  // namespace zoetrope
