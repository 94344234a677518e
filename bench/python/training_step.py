"""Training steps of Hotshot-XL's own UNet in eager PyTorch: the other side of compare_training_step.py, and with --random of
bench/training_step.cpp.

Needs only PyPI packages (bench/README.md) and a checkout of Hotshot-XL:
    training_step.py --hotshot PATH --model DIR [--clips 8 --frames 8 --height 8 --width 8 --threads 2]
    training_step.py --hotshot PATH --random unet/config.json --device cuda --dtype bf16 --trainable temporal
prints JSON with the milliseconds of every step: noise, forward, mean squared error, backward, clipping, AdamW. Latents and text
states are at hand, as they are for ours after the first visit. The arithmetic is fine_tune.py's with accelerate's
--mixed_precision: all weights f32, the UNet under autocast and its result f32, AdamW in torch's default implementation, the loss
read once a step. --random makes the weights on the device, from a config alone.
"""
import contextlib
import json
import statistics
import time

from hotshot_unet import unet_class, unet_parser


def parse_arguments():
    numbers = {"clips": 8, "frames": 8, "height": 8, "width": 8, "tokens": 24, "threads": 2, "steps": 10, "warm-up": 1}
    parser, _ = unet_parser(__doc__, ("f32", "bf16"), "what autocast computes in", numbers)
    parser.add_argument("--trainable", choices=("all", "temporal"), default="all")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    return parser.parse_args()


def make_unet(arguments):
    import torch

    kind = unet_class(arguments)
    if arguments.model:
        return kind.from_pretrained(arguments.model).to(arguments.device)
    with open(arguments.random) as stream:
        options = json.load(stream)
    with torch.device(arguments.device):
        return kind.from_config(options)


class Memory:
    """Of tensors on a GPU, in bytes; zeros elsewhere."""

    def __init__(self, device):
        import torch

        self.cuda = torch.cuda if device.startswith("cuda") else None

    def current(self):
        return self.cuda.memory_allocated() if self.cuda else 0

    def peak(self):
        return self.cuda.max_memory_allocated() if self.cuda else 0

    def reset_peak(self):
        if self.cuda:
            self.cuda.synchronize()
            self.cuda.reset_peak_memory_stats()


def main():
    arguments = parse_arguments()
    import torch

    import diffusers
    from diffusers import DDPMScheduler

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    unet = make_unet(arguments).train()
    options, clips, device = unet.config, arguments.clips, torch.device(arguments.device)
    if arguments.trainable == "temporal":
        unet.requires_grad_(False)
        trained = unet.temporal_parameters()
        for parameter in trained:
            parameter.requires_grad_(True)
    else:
        trained = list(unet.parameters())
    if arguments.gradient_checkpointing:
        unet.enable_gradient_checkpointing()
    optimizer = torch.optim.AdamW(trained, lr=5e-6, betas=(0.9, 0.999), weight_decay=1e-2, eps=1e-8)
    schedule = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)
    memory = Memory(arguments.device)
    kept = []

    def draw(*shape):
        return torch.randn(shape, device=device)

    def autocast():
        return torch.autocast(device.type, torch.bfloat16) if arguments.dtype == "bf16" else contextlib.nullcontext()

    latents = draw(clips, options.in_channels, arguments.frames, arguments.height, arguments.width)
    text = draw(clips, arguments.tokens, options.cross_attention_dim)
    pooled = draw(clips, options.projection_class_embeddings_input_dim - 6 * options.addition_time_embed_dim)
    sizes = torch.tensor([[1080.0, 1920.0, 0.0, 0.0, 384.0, 672.0]], device=device).repeat(clips, 1)

    def loss_of_a_batch():
        with torch.no_grad():
            noise = torch.randn_like(latents)
            noise += 0.05 * draw(clips, latents.shape[1], 1, 1, 1)
            times = torch.randint(0, 1000, (clips,), device=device).long()
            noisy = schedule.add_noise(latents, noise, times)
        noisy.requires_grad = arguments.trainable == "temporal"  # as fine_tune.py has it
        with autocast():
            predicted = unet(
                noisy,
                times,
                cross_attention_kwargs=None,
                encoder_hidden_states=text,
                added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes},
                enable_temporal_attentions=arguments.frames > 1,
                return_dict=False,
            )[0]
        return torch.nn.functional.mse_loss(predicted.float(), noise.float(), reduction="mean")

    def step():
        before = memory.current()
        loss = loss_of_a_batch()
        kept.append(memory.current() - before)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach().item()

    for _ in range(arguments.warm_up):
        step()
    memory.reset_peak()
    milliseconds = []
    for _ in range(arguments.steps):
        start = time.perf_counter()
        loss = step()
        milliseconds.append(1e3 * (time.perf_counter() - start))
    median = statistics.median(milliseconds)
    count = sum(p.numel() for p in trained)
    report = {
        "program": "python",
        "mode": arguments.trainable,
        "device": arguments.device,
        "dtype": arguments.dtype,
        "recompute": "*" if arguments.gradient_checkpointing else "",
        "step_ms": milliseconds,
        "median_ms": median,
        "clips_per_second": 1e3 * clips / median,
        "trained_parameters": count,
        "parameters": sum(p.numel() for p in unet.parameters()),
        "gpu_peak_bytes": memory.peak(),
        "gpu_bytes_between_steps": memory.current(),
        "activation_bytes": max(kept),
        "loss": loss,
    }
    report.update({name: getattr(arguments, name) for name in ("clips", "frames", "height", "width")})
    report.update(torch=torch.__version__, diffusers=diffusers.__version__, threads=torch.get_num_threads())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
