"""Video to video and inpainting, picture by picture: diffusers' StableDiffusionXLImg2ImgPipeline and -InpaintPipeline (four latent
channels) on the tiny Hotshot-XL folder of 07_pipeline, whose UNet without its temporal layers is a UNet2DConditionModel.
Needs 07_pipeline/tiny_hotshot in the output folder. Environment A.

kind source_video_run: a generation from a picture, with and without a mask. The random numbers (the VAE's sample, the noise, the
steps' noise) come from torch.Generator("cpu").manual_seed(seed), in this order."""
import json, os

from reference_case import *
import diffusers
import numpy as np
import transformers
from diffusers import (AutoencoderKL, StableDiffusionXLImg2ImgPipeline, StableDiffusionXLInpaintPipeline, UNet2DConditionModel)
from safetensors.torch import load_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer


def unet2d(folder):
    config = json.load(open(os.path.join(folder, "config.json")))
    for key in ("down_block_types", "up_block_types"):
        config[key] = [name.replace("3D", "2D") for name in config[key]]
    config["mid_block_type"] = "UNetMidBlock2DCrossAttn"
    unet = UNet2DConditionModel.from_config(config)
    weights = load_file(os.path.join(folder, "diffusion_pytorch_model.safetensors"))
    unet.load_state_dict({k: v.float() for k, v in weights.items() if "temporal" not in k})
    return unet.eval()


def pipeline(folder, cls, override):
    sub = lambda name: os.path.join(folder, name)
    options = json.load(open(os.path.join(sub("scheduler"), "scheduler_config.json")))
    scheduler = getattr(diffusers, override["class"]).from_config(options, **override.get("overrides", {}))
    pipe = cls(vae=AutoencoderKL.from_pretrained(sub("vae"), torch_dtype=torch.float32),
               text_encoder=CLIPTextModel.from_pretrained(sub("text_encoder"), dtype=torch.float32),
               text_encoder_2=CLIPTextModelWithProjection.from_pretrained(sub("text_encoder_2"), dtype=torch.float32),
               tokenizer=CLIPTokenizer.from_pretrained(sub("tokenizer")), tokenizer_2=CLIPTokenizer.from_pretrained(sub("tokenizer_2")),
               unet=unet2d(sub("unet")), scheduler=scheduler, requires_aesthetics_score=False, force_zeros_for_empty_prompt=True,
               add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@kind
class source_video_run:
    @staticmethod
    def build(case_dir, cfg, seed):
        h, w = cfg["call"]["height"], cfg["call"]["width"]
        inputs = {"frames": torch.rand((1, 3, h, w), generator=gen(seed, "frames"))}
        if cfg["mask"]:
            inputs["mask"] = (torch.rand((1, 1, h, w), generator=gen(seed, "mask")) > 0.5).float()
            inputs["mask"][..., : w // 3] = 0
        return inputs, {"model_dir": cfg["model"] + "/model", "call": cfg["call"], "scheduler_override": cfg["scheduler"], "strength": cfg["strength"]}

    @staticmethod
    def run(case_dir, case, inputs):
        masked = "mask" in inputs
        folder = os.path.normpath(os.path.join(case_dir, case["model_dir"]))
        pipe = pipeline(folder, StableDiffusionXLInpaintPipeline if masked else StableDiffusionXLImg2ImgPipeline, case["scheduler_override"])
        call, latents, timesteps = dict(case["call"]), [], []
        seed, size = call.pop("seed"), (call.pop("height"), call.pop("width"))
        call.pop("video_length")
        arguments = dict(image=inputs["frames"], original_size=size, target_size=size)
        if masked:
            arguments.update(mask_image=inputs["mask"], height=size[0], width=size[1])

        def on_step(_, i, t, values):
            latents.append(values["latents"].clone())
            timesteps.append(float(t))
            return {}

        image = pipe(**call, **arguments, strength=case["strength"], generator=torch.Generator("cpu").manual_seed(seed),
                     output_type="pt", callback_on_step_end=on_step).images
        return {"timesteps": torch.tensor(timesteps, dtype=torch.float64),
                "latents_per_step": torch.stack(latents).unsqueeze(3), "video": image.unsqueeze(2)}


def define_cases():
    source = {"system": "HF diffusers", **versions(diffusers, transformers)}
    base = dict(prompt="a bulldog in the captains chair of a spaceship, hd, high quality", negative_prompt="blurry", height=24, width=32, video_length=1,
                num_inference_steps=5, guidance_scale=6.0, seed=7)
    cases = []

    def add(name, scheduler, strength, mask, seed, desc, **call):
        cases.append(dict(name=f"11_source_video/{name}", kind_name="source_video_run", seed=seed, description=desc, source=source, tol=5e-4,
                          cfg=dict(model="../../07_pipeline/tiny_hotshot", scheduler=scheduler, strength=strength, mask=mask, call={**base, **call})))
    E, EA, D, H = ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "DDIMScheduler", "HeunDiscreteScheduler")
    ddim = {"class": D, "overrides": {"clip_sample": False}}
    add("img2img_euler_ancestral", {"class": EA}, 0.8, False, 201, "picture to picture, Euler ancestral, strength 0.8")
    add("img2img_heun_whole", {"class": H}, 1.0, False, 202, "strength 1: the picture still shows through the first level's noise; two calls a step", num_inference_steps=3)
    add("inpaint_ddim", ddim, 0.6, True, 203, "mask, DDIM, strength 0.6")
    add("inpaint_euler_pure_noise", {"class": E}, 1.0, True, 204, "mask, strength 1: starts from noise alone", num_inference_steps=4)
    return cases


if __name__ == "__main__":
    cli(define_cases)
