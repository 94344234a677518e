"""Training steps of Hotshot-XL's own UNet in eager PyTorch: the other side of compare_training_step.py.

Needs only PyPI packages (bench/README.md) and a checkout of Hotshot-XL:
    training_step.py --hotshot PATH --model DIR [--clips 8 --frames 8 --height 8 --width 8 --threads 2]
prints JSON with the milliseconds of every step: noise, forward, mean squared error, backward, clipping, AdamW over all
parameters of the UNet. Latents and text states are at hand, as they are for ours after the first visit.
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
    parser.add_argument("--model", required=True, help="folder with the UNet's config.json and weights")
    for name, value in {"clips": 8, "frames": 8, "height": 8, "width": 8, "tokens": 24, "threads": 2, "steps": 10}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    import torch

    sys.path.insert(0, arguments.hotshot)
    from hotshot_xl.models.unet import UNet3DConditionModel

    torch.set_num_threads(arguments.threads)
    unet = UNet3DConditionModel.from_pretrained(arguments.model).train()
    options, clips = unet.config, arguments.clips
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-5)
    random = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(shape, generator=random)

    latents = draw(clips, options.in_channels, arguments.frames, arguments.height, arguments.width)
    text = draw(clips, arguments.tokens, options.cross_attention_dim)
    pooled = draw(clips, options.projection_class_embeddings_input_dim - 6 * options.addition_time_embed_dim)
    sizes = torch.tensor([[64.0, 64.0, 0.0, 0.0, 64.0, 64.0]]).repeat(clips, 1)

    def step():
        noise = draw(*latents.shape)
        times = torch.randint(1000, (clips,), generator=random)
        share = (times / 1000).view(-1, 1, 1, 1, 1)
        signal, blur = (1 - share).sqrt(), share.sqrt()
        predicted = unet(
            signal * latents + blur * noise,
            times,
            encoder_hidden_states=text,
            added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes},
            enable_temporal_attentions=arguments.frames > 1,
            return_dict=False,
        )[0]
        loss = torch.nn.functional.mse_loss(predicted, signal * noise - blur * latents)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    step()  # warm-up
    milliseconds = []
    for _ in range(arguments.steps):
        start = time.perf_counter()
        step()
        milliseconds.append(1e3 * (time.perf_counter() - start))
    import diffusers

    report = {"step_ms": milliseconds, "parameters": sum(p.numel() for p in unet.parameters() if p.requires_grad)}
    report.update(torch=torch.__version__, diffusers=diffusers.__version__, threads=torch.get_num_threads())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
