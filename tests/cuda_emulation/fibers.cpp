// See fibers.hpp. A fiber is entered once by ucontext; from then on setjmp switches, which asks no kernel for
// a signal mask.
#undef _FORTIFY_SOURCE  // its longjmp refuses to leave a stack for another
#include "cuda_emulation/fibers.hpp"

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace cuda_emulation {

thread_local index3 thread_index, block_index, block_size, grid_size;

namespace {

constexpr std::size_t stack_bytes = 128 << 10;
constexpr std::size_t guard_bytes = 1024;
constexpr int warp = 32;

alignas(128) thread_local unsigned char shared_memory[(228 << 10) + guard_bytes];

enum class waiting { for_nothing, for_block, for_warp, for_state, done };

struct fiber {
  jmp_buf here;
  bool entered = false;
  ucontext_t start;
  std::unique_ptr<char[]> stack{new char[stack_bytes]};
  waiting state = waiting::for_nothing;
  index3 index{};
  unsigned mask = 0;
  bool (*met)(const void*) = nullptr;
  const void* awaited = nullptr;
  // Two, since a lane may give its next before the others have read this one.
  alignas(16) char given[2][largest_exchange];
  int newest = 0, released = 0;
};

struct scheduler {
  std::vector<std::unique_ptr<fiber>> fibers;  // of the greatest block so far
  std::size_t threads = 0;                     // of this block
  std::size_t running = 0;
  jmp_buf here;
  void (*body)(void*) = nullptr;
  void* context = nullptr;
  thread_order order = thread_order::forward;
};

thread_local scheduler now;

fiber& running_fiber() { return *now.fibers[now.running]; }

void back_to_scheduler() {
  if (_setjmp(running_fiber().here) == 0) _longjmp(now.here, 1);
}

// A fiber never returns: it is used again by the next block.
void fiber_main() {
  for (;;) {
    now.body(now.context);
    running_fiber().state = waiting::done;
    back_to_scheduler();
  }
}

void enter(fiber& self) {
  if (self.entered) _longjmp(self.here, 1);
  self.entered = true;
  getcontext(&self.start);
  self.start.uc_stack.ss_sp = self.stack.get();
  self.start.uc_stack.ss_size = stack_bytes;
  self.start.uc_link = nullptr;
  makecontext(&self.start, fiber_main, 0);
  setcontext(&self.start);
}

void resume(std::size_t thread) {
  now.running = thread;
  thread_index = running_fiber().index;
  if (_setjmp(now.here) == 0) enter(running_fiber());
}

bool run_all_that_can() {
  bool any = false;
  for (std::size_t i = 0; i < now.threads; ++i) {
    const std::size_t thread = now.order == thread_order::forward ? i : now.threads - 1 - i;
    if (now.fibers[thread]->state != waiting::for_nothing) continue;
    resume(thread);
    any = true;
  }
  return any;
}

/// Whether all lanes that `self` waits for wait for it, too; those that have ended don't count.
bool warp_is_complete(std::size_t first, const fiber& self) {
  for (int lane = 0; lane < warp && first + lane < now.threads; ++lane) {
    const fiber& other = *now.fibers[first + lane];
    if ((self.mask >> lane & 1) == 0 || other.state == waiting::done) continue;
    if (other.state != waiting::for_warp || other.mask != self.mask) return false;
  }
  return true;
}

bool release_warps() {
  bool any = false;
  for (std::size_t first = 0; first < now.threads; first += warp)
    for (int lane = 0; lane < warp && first + lane < now.threads; ++lane) {
      fiber& self = *now.fibers[first + lane];
      if (self.state != waiting::for_warp || !warp_is_complete(first, self)) continue;
      const unsigned mask = self.mask;
      for (int other = 0; other < warp && first + other < now.threads; ++other) {
        fiber& joined = *now.fibers[first + other];
        if ((mask >> other & 1) == 0 || joined.state != waiting::for_warp) continue;
        joined.state = waiting::for_nothing;
        joined.released = joined.newest;
      }
      any = true;
    }
  return any;
}

bool release_block() {
  const auto end = now.fibers.begin() + static_cast<std::ptrdiff_t>(now.threads);
  const bool complete = std::all_of(now.fibers.begin(), end, [](const auto& fiber) {
    return fiber->state == waiting::for_block || fiber->state == waiting::done;
  });
  if (!complete) return false;
  bool any = false;
  std::for_each(now.fibers.begin(), end, [&](const auto& fiber) {
    if (fiber->state != waiting::for_block) return;
    fiber->state = waiting::for_nothing;
    any = true;
  });
  return any;
}

bool release_met() {
  bool any = false;
  for (std::size_t i = 0; i < now.threads; ++i) {
    fiber& self = *now.fibers[i];
    if (self.state != waiting::for_state || !self.met(self.awaited)) continue;
    self.state = waiting::for_nothing;
    any = true;
  }
  return any;
}

[[noreturn]] void fail(const char* what) {
  now.fibers.clear();  // they may stand anywhere
  throw std::runtime_error("CUDA emulation: block (" + std::to_string(block_index.x) + ", " +
                           std::to_string(block_index.y) + ", " + std::to_string(block_index.z) +
                           "): " + what);
}

void run_block(std::size_t shared_bytes) {
  std::memset(shared_memory, 0xff,
              shared_bytes + guard_bytes);  // NaN of every dtype: nobody may rely on what is there
  for (std::size_t i = 0; i < now.threads; ++i) {
    fiber& self = *now.fibers[i];
    self.state = waiting::for_nothing;
    const auto flat = static_cast<unsigned>(i);
    self.index = {flat % block_size.x, flat / block_size.x % block_size.y,
                  flat / (block_size.x * block_size.y)};
  }
  while (run_all_that_can() || release_warps() || release_met() || release_block()) {
  }
  for (std::size_t i = 0; i < now.threads; ++i)
    if (now.fibers[i]->state != waiting::done)
      fail("threads wait at a barrier or warp operation that others do not join, or for what never comes");
  const unsigned char* guard = shared_memory + shared_bytes;
  if (std::any_of(guard, guard + guard_bytes, [](unsigned char byte) { return byte != 0xff; }))
    fail("written beyond the dynamic shared memory");
}

}  // namespace

void set_thread_order(thread_order order) { now.order = order; }

int lane() { return static_cast<int>(now.running % warp); }

void run_grid(index3 grid, index3 block, std::size_t shared_bytes, void (*body)(void*), void* context) {
  grid_size = grid;
  block_size = block;
  now.threads = static_cast<std::size_t>(block.x) * block.y * block.z;
  now.body = body;
  now.context = context;
  while (now.fibers.size() < now.threads) now.fibers.push_back(std::make_unique<fiber>());
  for (block_index.z = 0; block_index.z < grid.z; ++block_index.z)
    for (block_index.y = 0; block_index.y < grid.y; ++block_index.y)
      for (block_index.x = 0; block_index.x < grid.x; ++block_index.x) run_block(shared_bytes);
}

void* dynamic_shared() { return shared_memory; }

void wait_for_block() {
  running_fiber().state = waiting::for_block;
  back_to_scheduler();
}

void wait_until(bool (*met)(const void*), const void* state) {
  fiber& self = running_fiber();
  self.met = met;
  self.awaited = state;
  self.state = waiting::for_state;
  back_to_scheduler();
}

void exchange(unsigned mask, const void* own, std::size_t bytes) {
  fiber& self = running_fiber();
  self.newest ^= 1;
  std::memcpy(self.given[self.newest], own, bytes);
  self.mask = mask;
  self.state = waiting::for_warp;
  back_to_scheduler();
}

const void* given_by(int lane) {
  const std::size_t first = now.running / warp * warp;
  const fiber& giver = *now.fibers[std::min(first + static_cast<std::size_t>(lane), now.threads - 1)];
  return giver.given[giver.released];
}

}  // namespace cuda_emulation
