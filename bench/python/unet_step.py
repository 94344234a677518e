"""One denoising step's UNet call by Hotshot-XL's own code: the other side of bench/unet_step.cpp.

Needs only PyPI packages (bench/README.md) and a checkout of Hotshot-XL:
    unet_step.py --hotshot PATH --model DIR [--clips 2 --frames 8 --height 48 --width 84 --threads 2]
prints JSON with the milliseconds of every step. `--random CONFIG.json` times a UNet of random weights, made on the
device in the given type, without files: the full size of a config on a GPU. `--make DIR --channels 64` writes a random
model instead: Hotshot-XL's UNet, narrower.
"""
import json
import time

from hotshot_unet import unet_class, unet_parser

DTYPES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}


def parse_arguments():
    sizes = {"clips": 2, "frames": 8, "height": 48, "width": 84, "tokens": 77, "threads": 2}
    parser, weights = unet_parser(__doc__, DTYPES, "of weights and inputs", sizes)
    weights.add_argument("--make", metavar="DIR", help="write a random model there and stop")
    parser.add_argument("--channels", type=int, default=64, help="with --make: of the first level; SDXL has 320")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--warmups", type=int, default=1, help="steps before the timed ones (they compile, too)")
    parser.add_argument("--channels-last", action="store_true", help="weights in channels-last order")
    parser.add_argument("--compile", metavar="MODE", help="torch.compile's mode, e.g. max-autotune-no-cudagraphs")
    parser.add_argument("--compile-blocks", action="store_true", help="compile the repeated blocks, not the whole UNet")
    parser.add_argument("--output", help="write the result there (safetensors, f32)")
    parser.add_argument("--profile", metavar="FILE", help="write there the time by kernel of one more step")
    arguments = parser.parse_args()
    if arguments.compile_blocks and not arguments.compile:
        parser.error("--compile-blocks needs --compile MODE")
    return arguments


def make_model(arguments):
    """SDXL's depth and temporal layers as Hotshot-XL builds them, with heads of 64 channels."""
    import torch

    torch.manual_seed(0)
    folder, channels = arguments.make, arguments.channels
    widths = [channels, 2 * channels, 4 * channels]
    pooled, size_channels = 4 * channels, 32
    unet = unet_class(arguments)(
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


def load_unet(arguments, dtype):
    """From files; or of a config alone, its weights drawn where and as they are used, so that no f32 copy is made."""
    import torch

    kind = unet_class(arguments)
    if arguments.model:
        return kind.from_pretrained(arguments.model).to(arguments.device, dtype)
    with open(arguments.random) as file:
        options = json.load(file)
    torch.manual_seed(0)
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(arguments.device):
            unet = kind.from_config(options)
    finally:
        torch.set_default_dtype(usual)
    return unet.to(arguments.device, dtype)  # tables that were made in a type of their own


def compiled(unet, arguments):
    """The whole UNet as one graph, or each kind of block once a shape: less to compile where blocks repeat, less to fuse."""
    import torch

    if not arguments.compile_blocks:
        return torch.compile(unet, mode=arguments.compile)
    torch._dynamo.config.cache_size_limit = 64  # shapes of one kind of block; past the limit it would run uncompiled
    for module in unet.modules():
        if type(module).__name__ in ("ResnetBlock3D", "BasicTransformerBlock", "TransformerTemporal"):
            module.compile(mode=arguments.compile, dynamic=False)
    return unet


def make_step(unet, arguments, dtype):
    """The call to time. Inputs are drawn on the CPU in f32, in the order of bench/unet_step.cpp."""
    import torch

    options = unet.config
    random = torch.Generator().manual_seed(0)
    clips = arguments.clips

    def on_device(tensor):
        return tensor.to(arguments.device, dtype)

    def draw(*shape):
        return on_device(torch.randn(shape, generator=random))

    sample = draw(clips, options.in_channels, arguments.frames, arguments.height, arguments.width)
    text = draw(clips, arguments.tokens, options.cross_attention_dim)
    pooled = draw(clips, options.projection_class_embeddings_input_dim - 6 * options.addition_time_embed_dim)
    sizes = on_device(torch.tensor([[384.0, 672.0, 0.0, 0.0, 384.0, 672.0]]).repeat(clips, 1))
    timestep = torch.tensor(500, device=arguments.device)
    called = compiled(unet, arguments) if arguments.compile else unet

    def step():
        return called(
            sample,
            timestep,
            encoder_hidden_states=text,
            added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes},
            enable_temporal_attentions=arguments.frames > 1,
            return_dict=False,
        )[0]

    return step


def time_on_cpu(step, repetitions):
    wall, processor = [], []
    for _ in range(repetitions):
        start, processor_start = time.perf_counter(), time.process_time()
        step()
        wall.append(1e3 * (time.perf_counter() - start))
        processor.append(1e3 * (time.process_time() - processor_start))
    return {"step_ms": wall, "step_cpu_ms": processor}


def time_on_gpu(step, repetitions):
    """step_ms by CUDA events around each step; wall_ms also holds the launches and the wait."""
    import torch

    device_times, wall, processor = [], [], []
    torch.cuda.reset_peak_memory_stats()
    for _ in range(repetitions):
        events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
        torch.cuda.synchronize()
        start, processor_start = time.perf_counter(), time.process_time()
        events[0].record()
        step()
        events[1].record()
        torch.cuda.synchronize()
        wall.append(1e3 * (time.perf_counter() - start))
        processor.append(1e3 * (time.process_time() - processor_start))
        device_times.append(events[0].elapsed_time(events[1]))
    return {
        "step_ms": device_times,
        "step_cpu_ms": processor,
        "wall_ms": wall,
        "peak_memory_bytes": torch.cuda.max_memory_allocated(),
        "peak_reserved_bytes": torch.cuda.max_memory_reserved(),
        "gpu": torch.cuda.get_device_name(),
    }


def write_profile(step, on_gpu, file):
    import torch
    from torch.profiler import ProfilerActivity, profile

    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if on_gpu else [])
    with profile(activities=activities) as profiler:
        step()
        if on_gpu:
            torch.cuda.synchronize()
    order = "self_cuda_time_total" if on_gpu else "self_cpu_time_total"
    with open(file, "w") as stream:
        stream.write(profiler.key_averages().table(sort_by=order, row_limit=-1, max_name_column_width=120))


def main():
    arguments = parse_arguments()
    import torch

    if arguments.make:
        make_model(arguments)
        return
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    on_gpu = torch.device(arguments.device).type == "cuda"
    if on_gpu:
        torch.cuda.set_device(arguments.device if ":" in arguments.device else 0)
    dtype = getattr(torch, DTYPES[arguments.dtype])
    unet = load_unet(arguments, dtype).eval()
    if arguments.channels_last:
        unet = unet.to(memory_format=torch.channels_last)
    step = make_step(unet, arguments, dtype)

    warmup_start = time.perf_counter()
    for _ in range(max(1, arguments.warmups)):
        output = step()
    if on_gpu:
        torch.cuda.synchronize()
    warmup_seconds = time.perf_counter() - warmup_start
    if arguments.output:
        from safetensors.torch import save_file

        save_file({"output": output.float().cpu().contiguous()}, arguments.output)
    times = (time_on_gpu if on_gpu else time_on_cpu)(step, arguments.repetitions)
    if arguments.profile:
        write_profile(step, on_gpu, arguments.profile)
    import diffusers

    report = {
        **times,
        "warmup_s": warmup_seconds,
        "output_finite": bool(output.isfinite().all()),
        "parameters": sum(p.numel() for p in unet.parameters()),
        "device": arguments.device,
        "dtype": arguments.dtype,
        "compile": arguments.compile,
        "compile_blocks": arguments.compile_blocks,
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "threads": torch.get_num_threads(),
        "channels_last": arguments.channels_last,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
