"""One denoising step's UNet call by Hotshot-XL's own code in eager mode: the other side of bench/unet_step.cpp.

Needs only PyPI packages (bench/README.md) and a checkout of Hotshot-XL:
    unet_step.py --hotshot PATH --model DIR [--clips 2 --frames 8 --height 48 --width 84 --threads 2]
prints JSON with the milliseconds of every step. `--make DIR --channels 64` writes a random model instead: Hotshot-XL's
UNet, narrower.
"""
import argparse
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotshot", required=True, help="a checkout of hotshotco/Hotshot-XL")
    parser.add_argument("--model", help="folder with the UNet's config.json and weights")
    parser.add_argument("--make", metavar="DIR", help="write a random model there and stop")
    parser.add_argument("--channels", type=int, default=64, help="with --make: of the first level; SDXL has 320")
    for name, value in {"clips": 2, "frames": 8, "height": 48, "width": 84, "tokens": 77, "threads": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--channels-last", action="store_true", help="weights in channels-last order")
    parser.add_argument("--output", help="write the result there (safetensors)")
    arguments = parser.parse_args()
    if not arguments.model and not arguments.make:
        parser.error("--model or --make is needed")
    return arguments


def make_model(unet_class, folder, channels):
    """SDXL's depth and temporal layers as Hotshot-XL builds them, with heads of 64 channels."""
    import torch

    torch.manual_seed(0)
    widths = [channels, 2 * channels, 4 * channels]
    pooled, size_channels = 4 * channels, 32
    unet = unet_class(
        sample_size=64,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock3D", "CrossAttnDownBlock3D", "CrossAttnDownBlock3D"),
        up_block_types=("CrossAttnUpBlock3D", "CrossAttnUpBlock3D", "UpBlock3D"),
        block_out_channels=widths,
        layers_per_block=2,
        transformer_layers_per_block=[1, 2, 10],
        attention_head_dim=[max(1, width // 64) for width in widths],  # diffusers' name for the number of heads
        cross_attention_dim=6 * channels,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=size_channels,
        projection_class_embeddings_input_dim=pooled + 6 * size_channels,
        norm_num_groups=32,
    )
    unet.save_pretrained(folder, safe_serialization=True)
    print(json.dumps({"model": folder, "parameters": sum(p.numel() for p in unet.parameters())}))


def main():
    arguments = parse_arguments()
    import torch

    sys.path.insert(0, arguments.hotshot)
    from hotshot_xl.models.unet import UNet3DConditionModel

    if arguments.make:
        make_model(UNet3DConditionModel, arguments.make, arguments.channels)
        return
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    unet = UNet3DConditionModel.from_pretrained(arguments.model).eval()
    if arguments.channels_last:
        unet = unet.to(memory_format=torch.channels_last)
    options = unet.config
    random = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(shape, generator=random)

    clips = arguments.clips
    sample = draw(clips, options.in_channels, arguments.frames, arguments.height, arguments.width)
    text = draw(clips, arguments.tokens, options.cross_attention_dim)
    pooled = draw(clips, options.projection_class_embeddings_input_dim - 6 * options.addition_time_embed_dim)
    sizes = torch.tensor([[384.0, 672.0, 0.0, 0.0, 384.0, 672.0]]).repeat(clips, 1)

    def step():
        return unet(
            sample,
            500,
            encoder_hidden_states=text,
            added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes},
            enable_temporal_attentions=arguments.frames > 1,
            return_dict=False,
        )[0]

    output = step()  # also the warm-up
    if arguments.output:
        from safetensors.torch import save_file

        save_file({"output": output.contiguous()}, arguments.output)
    milliseconds, cpu_milliseconds = [], []
    for _ in range(arguments.repetitions):
        start, cpu_start = time.perf_counter(), time.process_time()
        step()
        milliseconds.append(1e3 * (time.perf_counter() - start))
        cpu_milliseconds.append(1e3 * (time.process_time() - cpu_start))
    import diffusers

    report = {
        "step_ms": milliseconds,
        "step_cpu_ms": cpu_milliseconds,
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "threads": torch.get_num_threads(),
        "channels_last": arguments.channels_last,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
