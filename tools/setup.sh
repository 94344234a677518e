#!/usr/bin/env bash
# Brings a machine to the point where CMake can configure: system packages, then a project-local
# virtual environment whose torch wheel is our libtorch. Safe to call again; a second call is quick.
#
#   ZOETROPE_APT=0            never call apt, only say what is missing
#   TORCH_DIR=/opt/libtorch   use that libtorch, make no virtual environment
set -euo pipefail
cd "$(dirname "$0")/.."

torch_version=2.11.0
packages=(
  g++ cmake ninja-build make ccache mold pkg-config git python3 python3-venv
  nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libutf8proc-dev libpng-dev libhdf5-dev hdf5-tools
  libssl-dev
  libopenmpi-dev openmpi-bin
  libopencv-core-dev libopencv-imgproc-dev libopencv-video-dev libeigen3-dev
  libavcodec-dev libavfilter-dev libavformat-dev libavutil-dev libswscale-dev
  libgtest-dev libbenchmark-dev
)

missing_packages() {
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -q '^installed' || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
  command -v dpkg-query >/dev/null || {
    echo "setup: no dpkg here, so nothing is checked; the build needs: ${packages[*]}"
    return
  }
  local missing
  missing=$(missing_packages)
  [ -z "$missing" ] && return
  if [ "${ZOETROPE_APT:-1}" != 0 ] && command -v apt-get >/dev/null && as_root true 2>/dev/null; then
    echo "setup: installing" $missing
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    echo "setup: these packages are missing and cannot be installed from here (no root or sudo):" >&2
    echo "  apt-get install" $missing >&2
    exit 1
  fi
}

has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU; }

install_torch() {
  local root prefixes=${CMAKE_PREFIX_PATH:-}
  for root in "${TORCH_DIR:-}" "${TORCH_DIR:-}"/../../.. ${prefixes//[:;]/ }; do
    [ -n "$root" ] && [ -e "$root/include/ATen/ATen.h" ] && return
  done
  local stamp=.venv/torch-$torch_version
  has_gpu && stamp+=-gpu
  [ -e "$stamp" ] && return
  echo "setup: installing torch $torch_version into .venv"
  # Debian's own interpreter where there is one: a venv from a version manager's shim breaks when that moves.
  local python=/usr/bin/python3
  "$python" -c 'import ensurepip' 2>/dev/null || python=python3
  [ -x .venv/bin/pip ] || "$python" -m venv .venv
  if has_gpu; then
    .venv/bin/pip install --quiet --disable-pip-version-check "torch==$torch_version"
  else
    # Without a GPU libtorch_cpu needs only these two beside it (1.2 GB instead of 4.8).
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps \
      "torch==$torch_version" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
  fi
  touch "$stamp"
}

install_packages
install_torch
