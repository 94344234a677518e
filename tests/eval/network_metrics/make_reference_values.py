"""Makes reference_values.safetensors: what transformers, torchvision, Pillow and lpips say of small networks.

    python3 tests/eval/network_metrics/make_reference_values.py     # with those packages; run once

Made with torch 2.11.0, torchvision 0.26.0, transformers 5.24.0, lpips 0.1.4, Pillow 13.0.0.
"""
import math
import pathlib
import tempfile

import lpips
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torchvision.transforms import CenterCrop, InterpolationMode, Resize
from torchvision.models.optical_flow import raft_large
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, ViTConfig, ViTModel

torch.manual_seed(7)
out = {}


def with_random_weights(model):
    """Far from the usual start, so that a part left out or misplaced shows."""
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3 + (1 if parameter.dim() == 1 else 0) * 0.5
    return model.eval()


def store(prefix, model):
    """Under the keys of the files that transformers writes, which are not always those in memory."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        for key, value in load_file(pathlib.Path(folder) / "model.safetensors").items():
            out[prefix + key] = value


sizes = dict(hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=3, image_size=32, patch_size=8)

# CLIP's image tower
tower = with_random_weights(CLIPVisionModelWithProjection(CLIPVisionConfig(projection_dim=10, **sizes)))
store("clip.weights.", tower)
pixels = torch.randn(2, 3, 32, 32)
out["clip.pixels"] = pixels
with torch.no_grad():
    out["clip.image_embeds"] = tower(pixels).image_embeds

# DINO: transformers' network; positions for other sizes as DINO's own code interpolates them
# (vision_transformer.py, interpolate_pos_encoding: bicubic, by scale (patches + 0.1) / side).
dino = with_random_weights(ViTModel(ViTConfig(**sizes), add_pooling_layer=True))
store("dino.weights.", dino)


def interpolated(embeddings, height, width):
    positions = dino.embeddings.position_embeddings
    side = int(math.sqrt(positions.shape[1] - 1))
    grid = positions[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    scale = ((height // 8 + 0.1) / side, (width // 8 + 0.1) / side)
    grid = F.interpolate(grid, scale_factor=scale, mode="bicubic")
    return torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, -1, positions.shape[-1])], 1)


with torch.no_grad():
    out["dino.square"] = pixels
    out["dino.square.features"] = dino(pixels).last_hidden_state[:, 0]
    wide = torch.randn(1, 3, 32, 57)
    dino.embeddings.interpolate_pos_encoding = interpolated
    out["dino.wide"] = wide
    out["dino.wide.features"] = dino(wide, interpolate_pos_encoding=True).last_hidden_state[:, 0]

# Pictures before the networks, in bytes
for name, height, width in (("wide", 37, 52), ("tall", 61, 40)):
    grid = torch.arange(height)[:, None] * 5 + torch.arange(width)[None] * 3
    picture = torch.stack([(grid * 7) % 256, (grid // 3) % 256, (torch.rand(height, width) * 255)]).to(torch.uint8)
    out[f"picture.{name}"] = picture
    for mode in (InterpolationMode.BICUBIC, InterpolationMode.BILINEAR):
        resized = Resize(24, interpolation=mode, antialias=False)(picture)
        out[f"picture.{name}.{mode.value}"] = resized
        out[f"picture.{name}.{mode.value}.cropped"] = CenterCrop(24)(resized)
    short, long = min(height, width), max(height, width)
    size = (24, int(24 * long / short)) if height < width else (int(24 * long / short), 24)
    image = Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    out[f"picture.{name}.pillow"] = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


# LPIPS: the package's networks with weights by a formula that the test repeats
def by_formula(key_index, shape):
    count = math.prod(shape)
    fan_in = max(1, count // shape[0])
    values = torch.sin(torch.arange(count, dtype=torch.float64) * 0.7 + key_index) / math.sqrt(fan_in)
    return values.reshape(shape).float()


one, other = torch.rand(2, 1, 3, 40, 53)
out["lpips.one"], out["lpips.other"] = one, other
for net in ("alex", "vgg"):
    network = lpips.LPIPS(net=net, pretrained=False, pnet_rand=True, verbose=False).eval()
    state = network.state_dict()
    used = sorted(key for key in state if key.startswith("net.") or key.startswith("lin") and not key.startswith("lins."))
    for index, key in enumerate(used):
        value = by_formula(index, state[key].shape)
        state[key] = value.abs() if key.startswith("lin") else value
        if key.startswith("lin"):
            state["lins." + key[3:]] = state[key]
    network.load_state_dict(state)
    with torch.no_grad():
        out[f"lpips.{net}"] = network(one, other, normalize=True).reshape(1)


# RAFT: torchvision's raft_large has the published network under other names; weights by the formula under the
# published names (of princeton-vl/RAFT), in their sorted order.
def published(key):
    for theirs, ours in (("feature_encoder.", "fnet."), ("context_encoder.", "cnet."), ("convnormrelu.0", "conv1"), ("convnormrelu.1", "norm1"),
                         ("convnormrelu1.0", "conv1"), ("convnormrelu1.1", "norm1"), ("convnormrelu2.0", "conv2"), ("convnormrelu2.1", "norm2"),
                         ("motion_encoder.convcorr1.0", "encoder.convc1"), ("motion_encoder.convcorr2.0", "encoder.convc2"),
                         ("motion_encoder.convflow1.0", "encoder.convf1"), ("motion_encoder.convflow2.0", "encoder.convf2"),
                         ("motion_encoder.conv.0", "encoder.conv"), ("recurrent_block.convgru1.convz", "gru.convz1"), ("recurrent_block.convgru1.convr", "gru.convr1"),
                         ("recurrent_block.convgru1.convq", "gru.convq1"), ("recurrent_block.convgru2.convz", "gru.convz2"),
                         ("recurrent_block.convgru2.convr", "gru.convr2"), ("recurrent_block.convgru2.convq", "gru.convq2"),
                         ("mask_predictor.convrelu.0", "update_block.mask.0"), ("mask_predictor.conv.", "update_block.mask.2.")):
        key = key.replace(theirs, ours)
    return key.replace("fnet.conv.", "fnet.conv2.").replace("cnet.conv.", "cnet.conv2.")


raft = raft_large(weights=None).eval()
state = raft.state_dict()
names = {published(key): key for key in state if not key.endswith("num_batches_tracked")}
for index, name in enumerate(sorted(names)):
    value = by_formula(index, state[names[name]].shape)
    state[names[name]] = 1 + value.abs() if name.endswith("running_var") else value
raft.load_state_dict(state)
ramp = torch.arange(136)[:, None] * 0.21 + torch.arange(144)[None] * 0.13
frames = [torch.stack([torch.sin(ramp + 0.3 * i), torch.cos(ramp * 0.7 - 0.2 * i), torch.sin(ramp * 1.7)]) * 100 + 128 for i in range(2)]
one, other = (frame.floor().unsqueeze(0) for frame in frames)
with torch.no_grad():
    flow = raft(one / 127.5 - 1, other / 127.5 - 1, num_flow_updates=3)[-1]
out["raft.one"], out["raft.other"] = one.to(torch.uint8), other.to(torch.uint8)
out["raft.flow"] = flow[:, :, ::4, ::4]  # of 1 2 136 144, every fourth
out["raft.flow.mean"] = flow.abs().mean().reshape(1)
print(sorted(names), flow.abs().mean(), flow.abs().max())

save_file({key: value.detach().clone(memory_format=torch.contiguous_format) for key, value in out.items()},
          pathlib.Path(__file__).parent / "reference_values.safetensors")
print({key: list(value.shape) for key, value in out.items() if "weights" not in key})
print(out["lpips.alex"], out["lpips.vgg"])
