#!/usr/bin/env python3
"""Kills a small experiment (kill -9) at random points until it was killed often enough, and checks after each
that no finished cell was lost or changed, and in the end that the results are those of a run in one go.

    python3 tools/kill_experiment.py build/bin/zoetrope [--kills 100] [--seed 0]
"""
import argparse
import hashlib
import os
import pathlib
import random
import subprocess
import tempfile
import time

EXPERIMENT = """
name: killed
base: {steps: 2, width: 32, height: 32, video_length: 2}
axes: {scheduler: [euler, ddim]}
prompts: [a red circle moving left, a blue square moving up]
seeds: [%s]
metrics: [temporal_flickering]
keep: {frames: true, latents: true, clips: gif}
"""
SEEDS_A_ROUND = 12
LONGEST_WAIT = 2.0  # seconds: some cells and their writing


def digests(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.glob("*.h5")) if not file.name.endswith(".part.h5")}


def clip_hashes(program, folder):
    """Attributes as h5dump prints them: what must not depend on where the run was cut."""
    hashes = {}
    for file in sorted(folder.glob("*.h5")):
        shown = subprocess.run(["h5dump", "-a", "/frames_sha256", "-a", "/latents_sha256", "-a", "/status", file.name],
                               cwd=folder, check=True, capture_output=True, text=True).stdout
        hashes[file.name] = shown
    return hashes


def wait_for(run, folder, count):
    """Until the run has ended or so many results are there."""
    while run.poll() is None and len(digests(folder)) < count:
        time.sleep(0.002)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    chance = random.Random(arguments.seed)
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    kills = cells = rounds = early = 0
    while kills < arguments.kills:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            seeds = ", ".join(str(SEEDS_A_ROUND * rounds + i) for i in range(SEEDS_A_ROUND))
            (folder / "e.yaml").write_text(EXPERIMENT % seeds)
            command = [program, "experiment", "run", "e.yaml", "-q", "--output"]
            kept, results = {}, folder / "killed"
            while kills < arguments.kills:
                run = subprocess.Popen(command + ["killed"], cwd=folder, env=environment,
                                       stdout=subprocess.DEVNULL)
                wait_for(run, results, len(kept) + chance.choice([0, 1, 1]))
                time.sleep(chance.uniform(0, LONGEST_WAIT))
                if run.poll() is not None:
                    assert run.returncode == 0, run.returncode
                    break
                run.kill()
                run.wait()
                kills += 1
                now = digests(results)
                early += now == kept
                for file, digest in kept.items():
                    assert now.get(file) == digest, f"{file} was lost or changed"
                kept = now
            subprocess.run(command + ["killed"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
            subprocess.run(command + ["whole"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
            now = digests(results)
            for file, digest in kept.items():
                assert now.get(file) == digest, f"{file} was lost or changed"
            whole = clip_hashes(program, folder / "whole")
            assert clip_hashes(program, results) == whole and len(whole) == 4 * SEEDS_A_ROUND
            assert not list(results.glob("*.part.*")), "a part was left"
            cells += len(whole)
            rounds += 1
            print(f"{kills} kills, {cells} cells, none lost", flush=True)
    print(f"{kills} kills ({early} of them before another cell was finished), {rounds} experiments, {cells} cells: "
          "no finished cell lost or changed, all clips those of a run in one go")


if __name__ == "__main__":
    main()
