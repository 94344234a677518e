#!/usr/bin/env bash
# What only a machine with a GPU can show, in one run: the tests that want one, compute-sanitizer's tools, kernels against
# libtorch and a copy, steps of the full-size UNet, steps of training, and an experiment.
#
#   bench/on_gpu.sh [OUT [PART…]]     OUT: a new folder, on_gpu if left out; PART: tests, sanitizers, kernels, …, as below; all if left out
#
# OUT/PART.NAME.txt holds what a command printed, OUT/summary.txt how each ended and after how many seconds. Exit code 1 if one failed.
# BUILD (build), DEVICE (cuda) and DTYPE (bf16) may be set: DEVICE=cpu DTYPE=f32 rehearses where there is no GPU.
set -uo pipefail
out=$(realpath "${1:-on_gpu}")
cd "$(dirname "$0")/.." && mkdir -p "$out" || exit
bin=$(realpath "${BUILD:-build}/bin") device=${DEVICE:-cuda} dtype=${DTYPE:-bf16}
[ $# = 0 ] || shift
parts=${*:-tests sanitizers kernels unet_step training_step experiment}
part='' failed=0

run() {  # NAME COMMAND…
  local name=$1 start=$SECONDS code=0
  shift
  "$@" >"$out/$part.$name.txt" 2>&1 || code=$? failed=1
  echo "$part $name: exit code $code, $((SECONDS - start)) s" | tee -a "$out/summary.txt"
}

on_device='*cuda*:*Gpu*:Device.*'

tests() {
  for name in kernels attention attention_kernels device training_device experiments; do
    run $name "$bin/test_$name" --gtest_brief=1 --gtest_filter="$on_device"
  done
}

sanitizers() {
  for tool in memcheck racecheck initcheck synccheck; do
    for name in kernels attention_kernels; do
      run $tool.$name compute-sanitizer --tool $tool --error-exitcode 9 "$bin/test_$name" --gtest_brief=1 --gtest_filter='*cuda*'
    done
  done
}

kernels() {
  for name in group_norm_silu token_kernels attention; do
    run $name "$bin/bench_$name" --device "$device" --dtype "$dtype" --benchmark_repetitions=5 --hdf5 "$out/$name.h5"
  done
}

unet_step() {
  profile() { run "$1" "$bin/zoetrope" profile --preset hotshot-xl --device "$device" --precision "$dtype" --steps 8 --json "${@:2}"; }
  profile 672x384x8 --width 672 --height 384
  profile 672x384x24 --width 672 --height 384 --video_length 24
  profile 1024x576x8 --width 1024 --height 576
}

training_step() {
  step() {
    run "$1" "$bin/bench_training_step" --preset=hotshot-xl --device="$device" --dtype="$dtype" --clips=1 --frames=8 --height=48 --width=84 \
      --tokens=77 --steps=8 --warm_up=3 "${@:2}"
  }
  for round in 1 2; do  # in turn: the host's speed drifts
    step temporal.$round --mode=temporal
    step temporal.recomputed.$round --mode=temporal --checkpointing
    step motion.$round --mode=motion
    step motion.recomputed.$round --mode=motion '--recompute=*.ff'
    step lora.$round --mode=lora
  done
}

experiment() {  # f32: in 16 bits the clips of two backends may differ by more than the file allows
  run attention_backend "$bin/zoetrope" experiment run experiments/configs/attention_backend.yaml --output "$out/results" \
    --set base.device="$device" --set base.precision=f32
  run launches h5dump -A 0 -a /speed/unet_step/kernels "$(find "$out/results" -name '*.h5' | head -1)"
  run report "$bin/zoetrope" report "$out/results" --output "$out/report.html"
}

{ "$bin/zoetrope" doctor; nvidia-smi; date -u +%FT%TZ; git describe --always --dirty; } >"$out/machine.txt" 2>&1
for part in $parts; do
  if declare -F "$part" >/dev/null; then "$part"; else echo "on_gpu: no part '$part'" | tee -a "$out/summary.txt" && failed=1; fi
done
exit $failed
