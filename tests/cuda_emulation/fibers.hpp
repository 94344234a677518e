// The threads of a CUDA grid on a CPU, for tests: each thread of a block is a fiber with a stack of its own,
// and they run one after the other from barrier to barrier; blocks run one after the other. What a GPU would
// leave undefined is an error here where it can be told: a barrier that some threads of the block never
// reach, a warp operation that a named lane does not join, writing beyond the dynamic shared memory.
#pragma once

#include <cstddef>

namespace cuda_emulation {

struct index3 {
  unsigned x, y, z;
};

enum class thread_order { forward, reverse };
/// The order in which threads run between barriers. A kernel whose result depends on it has a race.
void set_thread_order(thread_order order);

/// Calls body(context) for every thread of the grid. std::runtime_error for what is told above.
void run_grid(index3 grid, index3 block, std::size_t shared_bytes, void (*body)(void*), void* context);

/// What the running thread sees.
extern thread_local index3 thread_index, block_index, block_size, grid_size;
int lane();
void* dynamic_shared();  ///< of the running block, aligned to 128 bytes

void wait_for_block();
/// Until met(state), which other threads bring about.
void wait_until(bool (*met)(const void*), const void* state);

constexpr int largest_exchange = 128;  // bytes
/// Every lane named by `mask` gives `bytes` at `own` and waits for the others; afterwards `given_by` shows
/// what a lane of them gave, until the next exchange.
void exchange(unsigned mask, const void* own, std::size_t bytes);
const void* given_by(int lane);

}  // namespace cuda_emulation
