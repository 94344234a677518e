#!/usr/bin/env python3
"""Trains a UNet for some steps with ours and with the Python original, alternately, and prints the ratio of the times.

    VENV/bin/python bench/compare_training_step.py --program build/bin/zoetrope --hotshot PATH --model assets/tiny \
        --clips 8 --frames 8 --threads 2

All weights of the UNet, f32, AdamW, clips of moving shapes in latents of the model's own VAE; what the frozen parts make
is at hand in both after the first step. Ours runs in one piece on all threads, and in pieces on one thread each; every
way is printed, and the better one counts. The virtual environment is that of bench/README.md, with h5py.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "hotshot", "model"):
        parser.add_argument(f"--{name}", required=True)
    for name, value in {"clips": 8, "frames": 8, "size": 64, "threads": 2, "rounds": 3, "steps": 10}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--factor", type=int, default=8, help="of the VAE: pixels to a latent")
    return parser.parse_args()


def ours(arguments, workers):
    import h5py

    data = {"type": "shapes", "width": arguments.size, "height": arguments.size, "frames": arguments.frames,
            "examples": arguments.clips}
    recipe = {"model": {"pretrained": arguments.model}, "device": "cpu", "train": ["unet.*"], "data": data, "steps": arguments.steps + 1,
              "batch_size": arguments.clips, "micro_batches": workers, "workers": workers, "log_every": 1,
              "learning_rate": {"learning_rate": 1e-5}}
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "config.json")
        with open(config, "w") as stream:
            json.dump(recipe, stream)
        subprocess.run([arguments.program, "train", config, "--output_dir", os.path.join(folder, "run"), "-q",
                        "--threads", str(arguments.threads // workers)], check=True, capture_output=True)
        with h5py.File(os.path.join(folder, "run", "train.h5")) as log:
            return [1e3 * seconds for seconds in log["train/seconds_per_step/value"][1:].tolist()]


def theirs(arguments):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python", "training_step.py")
    command = [sys.executable, script, "--hotshot", arguments.hotshot, "--model", os.path.join(arguments.model, "unet")]
    for name in ("clips", "frames", "threads", "steps"):
        command += [f"--{name}", str(getattr(arguments, name))]
    latent = str(arguments.size // arguments.factor)
    text = subprocess.run(command + ["--height", latent, "--width", latent], check=True, capture_output=True, text=True).stdout
    return json.loads(text.strip().splitlines()[-1])


def summary(steps):
    return {"median_ms": statistics.median(steps), "min_ms": min(steps), "steps": len(steps)}


def main():
    arguments = parse_arguments()
    ways = {"one_piece": 1, "pieces": arguments.threads}
    times = {name: [] for name in (*ways, "python")}
    for _ in range(arguments.rounds):
        for name, workers in ways.items():
            times[name] += ours(arguments, workers)
        measured = theirs(arguments)
        times["python"] += measured.pop("step_ms")
    report = {name: summary(steps) for name, steps in times.items()}
    for key in ("median_ms", "min_ms"):
        report[f"python_over_ours_{key[:-3]}"] = report["python"][key] / min(report[name][key] for name in ways)
    report.update(python=report["python"] | measured, load_average=os.getloadavg())
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
