# make demo    a prompt becomes demo.gif
# make test    builds and runs every test
# Both do all the set-up they need, on a fresh Debian 12, and take seconds when there is nothing to do.
SHELL := /bin/bash
BUILD ?= build
JOBS ?= $(shell nproc)
PROMPT ?= a red circle moving left
SEED ?= 0

.PHONY: demo test build setup bench clean
demo: $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS) --target zoetrope
	@$(BUILD)/bin/zoetrope generate --prompt "$(PROMPT)" --seed $(SEED) --output demo.gif
	@echo "demo: wrote $(CURDIR)/demo.gif"

test: build
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

build: $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/build.ninja: CMakeLists.txt | setup
	@cmake -S . -B $(BUILD) -G Ninja $(CMAKE_FLAGS)

setup:
	@bash tools/setup.sh

bench: build
	@for program in $(BUILD)/bin/bench_*; do $$program; done

clean:
	rm -rf $(BUILD)
