#!/usr/bin/env python3
"""Runs our UNet step and the Python original alternately and prints the ratio of their times.

    bench/compare_unet_step.py --program build/bin/bench_unet_step --python VENV/bin/python --hotshot PATH \
        --model assets/tiny/unet --clips 2 --frames 8 --height 48 --width 84 --threads 2

Same weights, threads, inputs; outputs are compared first. Python runs as it is, with channels-last weights, and, with
--compile MODE, through torch.compile; the best of them counts. Alternating rounds keep a machine whose speed drifts
from favouring either side; the processor time (all threads) tells when another load has disturbed the wall clock.
On a GPU both sides' steps are timed with the wait for their end; 16-bit outputs need a wider --tolerance.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

SIZES = {"clips": 2, "frames": 8, "height": 48, "width": 84, "tokens": 77, "threads": 2}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "python", "hotshot", "model"):
        parser.add_argument(f"--{name}", required=True)
    for name, value in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N, of both sides")
    parser.add_argument("--dtype", choices=("f32", "f16", "bf16"), default="f32", help="of weights and inputs")
    parser.add_argument("--compile", metavar="MODE", help="run Python through torch.compile in this mode, too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=5, help="steps a round")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of the outputs, relative to their largest value")
    return parser.parse_args()


def ours(arguments, output=None):
    command = [arguments.program, f"--model={arguments.model}", "--benchmark_format=json", "--benchmark_min_time=0.000001",
               f"--benchmark_repetitions={arguments.repetitions}"]
    command += [f"--{name}={getattr(arguments, name)}" for name in (*SIZES, "device", "dtype")]
    command += [f"--output={output}"] if output else []
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [(run["real_time"], run["cpu_time"]) for run in report["benchmarks"] if run["run_type"] == "iteration"]


# How Python may run: the best of them counts.
WAYS = {"python": [], "python_channels_last": ["--channels-last"]}


def theirs(arguments, flags, output=None):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python", "unet_step.py")
    command = [arguments.python, script, "--hotshot", arguments.hotshot, "--model", arguments.model]
    command += ["--repetitions", str(arguments.repetitions)]
    for name in (*SIZES, "device", "dtype"):
        command += [f"--{name}", str(getattr(arguments, name))]
    command += flags
    command += ["--output", output] if output else []
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    report = json.loads(text.strip().splitlines()[-1])
    return list(zip(report.get("wall_ms", report["step_ms"]), report["step_cpu_ms"]))


def read_single_tensor(file):
    """The values of a safetensors file with one f32 tensor."""
    import array

    with open(file, "rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        values = array.array("f")
        values.frombytes(stream.read())
    return [entry["shape"] for name, entry in header.items() if name != "__metadata__"][0], values


def check_outputs(arguments):
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("ours.safetensors", "theirs.safetensors")]
        ours(arguments, files[0])
        theirs(arguments, [], files[1])
        (shape, got), (wanted_shape, wanted) = map(read_single_tensor, files)
    error = max(abs(a - b) for a, b in zip(got, wanted)) / max(map(abs, wanted))
    if shape != wanted_shape or not error <= arguments.tolerance:
        sys.exit(f"the outputs differ: shapes {shape} and {wanted_shape}, largest difference {error:.2e}")
    return error


def summary(steps):
    wall, cpu = zip(*steps)
    return {"min_ms": min(wall), "median_ms": statistics.median(wall), "min_cpu_ms": min(cpu), "steps": len(wall)}


def main():
    arguments = parse_arguments()
    error = check_outputs(arguments)
    ways = dict(WAYS, python_compiled=["--compile", arguments.compile]) if arguments.compile else WAYS
    times = {name: [] for name in ("ours", *ways)}
    for _ in range(arguments.rounds):
        times["ours"] += ours(arguments)
        for name, flags in ways.items():
            times[name] += theirs(arguments, flags)
    report = {name: summary(steps) for name, steps in times.items()}
    report["outputs_differ_by"] = error
    for key in ("min_ms", "median_ms", "min_cpu_ms"):
        best = min(report[name][key] for name in ways)
        report[f"python_over_ours_{key[:-3]}"] = best / report["ours"][key]
    report["load_average"] = os.getloadavg()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
