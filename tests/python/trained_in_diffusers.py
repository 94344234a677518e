#!/usr/bin/env python3
"""Models, LoRAs and words that zoetrope trained, loaded by Python's diffusers and PEFT: the same picture as zoetrope's own.

    pip install torch diffusers transformers peft
    python3 tests/python/trained_in_diffusers.py [build/bin/zoetrope] [assets/tiny]

The model is the one in the box with its temporal layers left out, which makes it a StableDiffusionXLPipeline. All
weights of its UNet and text encoders, a LoRA of every layout, and a word of two vectors (textual inversion) are trained
for a few steps; zoetrope and diffusers then denoise the same noise with what was left on the disk.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
import transformers
from diffusers import DDIMScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
from diffusers.utils.logging import disable_progress_bar
from peft import PeftModel
from safetensors.torch import load_file, save_file

program = sys.argv[1] if len(sys.argv) > 1 else "build/bin/zoetrope"
box = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "assets/tiny")
prompt, steps, guidance = "a red <sks> moving left", 4, 4.0
results = {"train": "model", "lora": "lora", "textual_inversion": "embedding"}
targets = ["unet.*.to_*", "unet.*.conv1", "unet.*.ff.net.*", "unet.*.proj_in"]


def zoetrope(*arguments):
    subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def image_model(folder):
    """The box's model without temporal layers."""
    shutil.copytree(box, folder)
    shutil.rmtree(folder / "unet")
    options = json.loads((box / "unet/config.json").read_text())
    for key in ("down_block_types", "up_block_types"):
        options[key] = [name.replace("3D", "2D") for name in options[key]]
    options["mid_block_type"] = "UNetMidBlock2DCrossAttn"
    unet = UNet2DConditionModel.from_config({**options, "_class_name": "UNet2DConditionModel"})
    stored = load_file(box / "unet/diffusion_pytorch_model.safetensors")
    unet.load_state_dict({key: value for key, value in stored.items() if "temporal" not in key})
    unet.save_pretrained(folder / "unet")
    index = json.loads((folder / "model_index.json").read_text())
    index.update(_class_name="StableDiffusionXLPipeline", unet=["diffusers", "UNet2DConditionModel"])
    (folder / "model_index.json").write_text(json.dumps(index))
    return json.loads((folder / "generation_config.json").read_text())


def train(folder, model, size, what):
    recipe = {
        "model": {"pretrained": str(model)},
        "data": {"type": "shapes", "width": size[0], "height": size[1], "frames": 1, "examples": 16,
                 "shapes": ["square"], "synonyms": False},
        "steps": 20, "batch_size": 4, "learning_rate": {"learning_rate": 0.01}, "saved_precision": "f32", **what,
    }
    file = folder.with_suffix(".json")
    file.write_text(json.dumps(recipe))
    zoetrope("train", file, "--output_dir", folder, "--threads", 1, "--quiet")
    return folder / next(result for key, result in results.items() if key in what)


def lora_of(layout, text_encoders):
    return {"lora": {"rank": 4, "alpha": 6, "layout": layout, "targets": targets, "text_encoders": text_encoders}}


cases = {
    "weights": {"train": ["unet.*", "text_encoder.*", "text_encoder_2.*"], "learning_rate": {"learning_rate": 0.001}},
    "diffusers": lora_of("diffusers", False),
    "diffusers with text encoders": lora_of("diffusers", True),
    "kohya": lora_of("kohya", False),
    "kohya with text encoders": lora_of("kohya", True),
    "peft": lora_of("peft", False),
    "word": {"textual_inversion": {"word": "<sks>", "initializer": "square", "vectors": 2, "replaces": "square"}},
}


def ours(model, size, noise, output, trained=()):
    zoetrope("generate", "--pretrained_path", model, "--prompt", prompt, "--no_negative_prompt", "--steps", steps,
             "--guidance_scale", guidance, "--guidance_rescale", 0, "--scheduler", "default", "--width", size[0],
             "--height", size[1], "--video_length", 1, "--latents", noise, "--output", output, "--precision", "f32",
             "--og_width", size[0], "--og_height", size[1], "--target_width", size[0], "--target_height", size[1],
             "--threads", 1, "--quiet", *trained)
    return load_file(output)["latents"][:, :, 0]


def theirs(model, size, noise, trained, name):
    pipe = StableDiffusionXLPipeline.from_pretrained(model, torch_dtype=torch.float32)
    pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    if trained.name == "embedding":
        for file, part in ("learned_embeds", ""), ("learned_embeds_2", "_2"):
            pipe.load_textual_inversion(trained / f"{file}.safetensors", tokenizer=getattr(pipe, "tokenizer" + part),
                                        text_encoder=getattr(pipe, "text_encoder" + part))
    elif name == "peft":
        pipe.unet = PeftModel.from_pretrained(pipe.unet, trained).merge_and_unload()
    elif trained.name == "lora":
        pipe.load_lora_weights(trained, weight_name="pytorch_lora_weights.safetensors")
        print("  adapters in", ", ".join(sorted(pipe.get_list_adapters())))
    return pipe(prompt, num_inference_steps=steps, guidance_scale=guidance, width=size[0], height=size[1],
                original_size=size, target_size=size, latents=noise[:, :, 0], output_type="latent").images


def main():
    wrong = 0
    disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as temporary, torch.no_grad():
        root = pathlib.Path(temporary)
        defaults = image_model(root / "model")
        size = (defaults["width"], defaults["height"])
        vae = json.loads((box / "vae/config.json").read_text())
        factor = 2 ** (len(vae["block_out_channels"]) - 1)
        noise = torch.randn(1, 4, 1, size[1] // factor, size[0] // factor, generator=torch.Generator().manual_seed(7))
        save_file({"latents": noise}, root / "noise.safetensors")
        plain = ours(root / "model", size, root / "noise.safetensors", root / "plain.safetensors")
        for name, what in cases.items():
            print(name)
            trained = train(root / name.replace(" ", "_"), root / "model", size, what)
            whole = trained.name == "model"
            model = trained if whole else root / "model"
            mine = ours(model, size, root / "noise.safetensors", root / "mine.safetensors",
                        [] if whole else [f"--{trained.name}", trained])
            other = theirs(model, size, noise, trained, name)
            effect, difference = (mine - plain).abs().max().item(), (mine - other).abs().max().item()
            good = effect > 0.05 and difference < 1e-3
            wrong += not good
            print(f"  changes latents by {effect:.3g}; diffusers differs by {difference:.3g}: {'ok' if good else 'WRONG'}")
    sys.exit(1 if wrong else 0)


main()
