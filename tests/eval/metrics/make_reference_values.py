#!/usr/bin/env python3
"""Computes reference_values.hpp with numpy, scipy and scikit-image: what the metrics' tests compare with.

    python3 tests/eval/metrics/make_reference_values.py > tests/eval/metrics/reference_values.hpp

The clips, flows and features are made here and in made_clips.hpp by the same whole numbers.
"""
import numpy as np
import scipy
import skimage
from scipy import ndimage, signal, stats
from scipy.linalg import sqrtm
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

FRAMES, HEIGHT, WIDTH = 6, 24, 30


def counted_clip(seed):
    f, y, x, c = np.meshgrid(range(FRAMES), range(HEIGHT), range(WIDTH), range(3), indexing="ij")
    state, noise = seed, []
    for _ in range(f.size):
        state = (1664525 * state + 1013904223) % 2**32
        noise.append(state >> 27)
    values = (3 * x + 5 * y + 2 * f * (1 + c)) % 97 + (7 * x * y + 13 * c) % 41 + np.array(noise).reshape(f.shape) + 40
    return values.astype(np.uint8)


def counted_flow(number):
    y, x = np.meshgrid(range(HEIGHT), range(WIDTH), indexing="ij")
    u = ((x // 6 * 5 + y // 8 * 3 + 7 * number) % 17 - 8) / 4
    v = ((x // 5 * 2 + y // 6 * 7 + 3 * number) % 13 - 6) / 8
    return np.stack([u, v], -1)


def counted_rows(count, size, step):
    i, j = np.meshgrid(range(count), range(size), indexing="ij")
    return (i * i * step + 3 * j * i + j * j) % 23 / 10 - 1


def warped(picture, flow, scale=1.0):
    y, x = np.meshgrid(range(HEIGHT), range(WIDTH), indexing="ij")
    places = [y + scale * flow[..., 1], x + scale * flow[..., 0]]
    return np.stack([ndimage.map_coordinates(picture[..., c].astype(np.float64), places, order=1, mode="nearest")
                     for c in range(picture.shape[-1])], -1)


def visible(forward, backward):
    y, x = np.meshgrid(range(HEIGHT), range(WIDTH), indexing="ij")
    home = warped(backward, forward)
    to_x, to_y = x + forward[..., 0], y + forward[..., 1]
    inside = (to_x >= 0) & (to_y >= 0) & (to_x <= WIDTH - 1) & (to_y <= HEIGHT - 1)
    square = lambda v: (v**2).sum(-1)
    consistent = square(forward + home) < 0.01 * (square(forward) + square(home)) + 0.5
    right = np.concatenate([forward[:, 1:], forward[:, -1:]], 1) - forward
    below = np.concatenate([forward[1:], forward[-1:]], 0) - forward
    boundary = square(right) + square(below) > 0.01 * square(forward) + 0.002
    return inside & consistent & ~boundary


def random_features(clip, seed, side):
    def averaging(size):
        edges = np.arange(side + 1) * size / side
        return np.array([[max(0, min(j + 1, edges[i + 1]) - max(j, edges[i])) for j in range(size)]
                         for i in range(side)]) * side / size
    rows, columns = averaging(HEIGHT), averaging(WIDTH)
    state = np.einsum("ih,fhwc,jw->cfij", rows, clip, columns) * 2 - 1
    generator = np.random.RandomState(seed)
    for layer, (inputs, outputs) in enumerate([(3, 16), (16, 32), (32, 64)]):
        uniforms = generator.random_sample((outputs * inputs * 27, 2))
        normal = np.sqrt(-2 * np.log(1 - uniforms[:, 0])) * np.cos(2 * np.pi * uniforms[:, 1])
        weights = normal.reshape(outputs, inputs, 3, 3, 3) * np.sqrt(2 / (27 * inputs))
        padded = np.pad(state, [(0, 0), (1, 1), (1, 1), (1, 1)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3, 3), (1, 2, 3))
        step = 2 if layer else 1
        state = np.maximum(0, np.einsum("cthwijk,ocijk->othw", windows[:, ::step, ::2, ::2], weights))
    return state.mean((1, 2, 3))


def gaussian_ssim(a, b, axis=None):
    return structural_similarity(a, b, data_range=1, channel_axis=axis, gaussian_weights=True, sigma=1.5,
                                 use_sample_covariance=False)


def show(name, values):
    values = np.atleast_1d(np.asarray(values, np.float64))
    print(f"inline const std::vector<double> {name}{{{', '.join(repr(float(v)) for v in values)}}};")


bytes_, other = counted_clip(1), counted_clip(2)
clip = (bytes_.astype(np.float32) / np.float32(255)).astype(np.float64)
reference = (other.astype(np.float32) / np.float32(255)).astype(np.float64)
luma = clip @ [0.299, 0.587, 0.114]
pairs = list(zip(clip[:-1], clip[1:]))

print(f"""// Made by make_reference_values.py: numpy {np.__version__}, scipy {scipy.__version__}, scikit-image {skimage.__version__}.
// clang-format off
#pragma once

#include <vector>

namespace zoetrope::reference {{
""")
show("temporal_flickering", [(255 - np.abs(a - b).mean()) / 255
                             for a, b in zip(bytes_[:-1].astype(np.float64), bytes_[1:].astype(np.float64))])
show("frame_psnr", [peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs])
show("frame_ssim", [gaussian_ssim(a, b, -1) for a, b in pairs])
show("frame_ssim_uniform", [structural_similarity(a, b, data_range=1, channel_axis=-1) for a, b in pairs])
show("lag_similarity", [np.mean([gaussian_ssim(luma[i], luma[i + k]) for i in range(FRAMES - k)])
                        for k in range(1, FRAMES)])
show("psnr", [peak_signal_noise_ratio(b, a, data_range=1) for a, b in zip(clip, reference)])
show("ssim", [gaussian_ssim(a, b, -1) for a, b in zip(clip, reference)])

blocks = luma.reshape(FRAMES, 3, HEIGHT // 3, 3, WIDTH // 3).mean((2, 4)).reshape(FRAMES, 9)
power = np.abs(np.fft.rfft(signal.detrend(blocks, axis=0), axis=0))**2 / FRAMES**2
power[1:(FRAMES + 1) // 2] *= 2
power = power.mean(1)
fast = power[np.fft.rfftfreq(FRAMES) > 0.25].sum()
show("flicker_energy", power)
show("flicker_share", fast / power.sum())
show("flicker_amplitude", np.sqrt(fast))

drift = [np.mean([stats.wasserstein_distance(frame[..., c].ravel(), bytes_[0][..., c].ravel()) for c in range(3)]) / 255
         for frame in bytes_]
show("colour_drift", drift[1:])
show("colour_drift_slope", np.polyfit(np.arange(FRAMES), drift, 1)[0])

flows = [counted_flow(i) for i in range(FRAMES - 1)]
backs = [-flow + counted_flow(2 * i + 1) / 8 for i, flow in enumerate(flows)]
masks = [visible(f, b) for f, b in zip(flows, backs)]
show("hidden_share", [1 - m.mean() for m in masks])
show("warp_error", [((a - warped(b, f))**2).mean(-1)[m].mean() for (a, b), f, m in zip(pairs, flows, masks)])
show("flow_smoothness", [np.linalg.norm(warped(n, f) - f, axis=-1)[m].mean() * 256 / HEIGHT
                         for f, n, m in zip(flows[:-1], flows[1:], masks)])
show("motion_amount", [np.sort(np.linalg.norm(f, axis=-1).ravel())[::-1][:int(0.05 * HEIGHT * WIDTH)].mean() * 256 / HEIGHT
                       for f in flows])
show("tof", [np.linalg.norm(f - b, axis=-1).mean() for f, b in zip(flows, backs)])
show("interpolation_residual", [np.abs(clip[2 * i + 1] - (warped(clip[2 * i], flows[i], -0.5) +
                                                          warped(clip[2 * i + 2], backs[i], -0.5)) / 2).mean()
                                for i in range((FRAMES - 1) // 2)])

show("random_features", random_features(clip, 5, 16))
a, b = counted_rows(30, 6, 5), counted_rows(40, 6, 7)
s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
show("frechet", ((a.mean(0) - b.mean(0))**2).sum() + np.trace(s1 + s2 - 2 * np.real(sqrtm(s1 @ s2))))
kernel = lambda p, q: (p @ q.T / p.shape[1] + 1)**3
apart = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
show("kernel_distance", apart(kernel(a, a)) + apart(kernel(b, b)) - 2 * kernel(a, b).mean())
print("\n}  // namespace zoetrope::reference")
