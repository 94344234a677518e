// What the heap of large tensors holds, by its own count and by the system's.
#include "core/tensor/tensor_heap.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "core/tensor/machine.hpp"

namespace zoetrope {
namespace {

constexpr int64_t mebibyte = int64_t{1} << 20;

class TensorHeap : public testing::Test {
 protected:
  TensorHeap() { heap.release(); }
  c10::DataPtr written(int64_t bytes) {
    c10::DataPtr got = heap.allocate(static_cast<std::size_t>(bytes));
    std::memset(got.get(), 1, static_cast<std::size_t>(bytes));
    return got;
  }
  tensor_heap& heap = tensor_heap::instance();
};

TEST_F(TensorHeap, FreedMemoryIsUsedAgain) {
  c10::DataPtr first = written(40 * mebibyte);
  const void* const where = first.get();
  first.clear();
  EXPECT_EQ(heap.now().kept, 40 * mebibyte);
  EXPECT_EQ(written(40 * mebibyte).get(), where);
}

TEST_F(TensorHeap, ARangeIsSplitAndJoinedAgain) {
  c10::DataPtr whole = written(40 * mebibyte);
  char* const where = static_cast<char*>(whole.get());
  whole.clear();
  c10::DataPtr front = written(10 * mebibyte), middle = written(10 * mebibyte), rest = written(20 * mebibyte);
  EXPECT_EQ(front.get(), where);
  EXPECT_EQ(middle.get(), where + 10 * mebibyte);
  EXPECT_EQ(rest.get(), where + 20 * mebibyte);
  EXPECT_EQ(heap.now().kept, 0);
  front.clear();
  rest.clear();
  middle.clear();
  EXPECT_EQ(written(40 * mebibyte).get(), where);
}

// Whatever the order of sizes, keeping adds no more than the store to what was in use at once.
TEST_F(TensorHeap, NeverMapsMuchMoreThanWasInUse) {
  std::vector<c10::DataPtr> live(8);
  uint64_t state = 7;
  const auto drawn = [&](uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state >> 33) % below);
  };
  for (int round = 0; round < 2000; ++round) {
    c10::DataPtr& one = live[static_cast<std::size_t>(drawn(live.size()))];
    one.clear();
    if (drawn(3) > 0) one = heap.allocate(static_cast<std::size_t>(256 * 1024 + drawn(30 * mebibyte)));
    const tensor_heap::state now = heap.now();
    ASSERT_LE(now.used + now.kept, now.most_used + tensor_heap::store);
  }
  live.clear();
  EXPECT_EQ(heap.now().used, 0);
}

TEST_F(TensorHeap, ReleaseGivesTheSystemItsMemoryBack) {
  const int64_t before = process_memory().resident_bytes;
  written(200 * mebibyte).clear();
  EXPECT_GT(process_memory().resident_bytes, before + 150 * mebibyte);
  heap.release();
  EXPECT_EQ(heap.now().kept, 0);
  EXPECT_LT(process_memory().resident_bytes, before + 50 * mebibyte);
}

TEST_F(TensorHeap, SmallTensorsAreNotItsOwn) {
  const c10::DataPtr small = written(1000);
  EXPECT_EQ(heap.now().used, 0);
}

TEST_F(TensorHeap, RawMemoryOfAnySizeIsGivenBack) {
  for (const int64_t bytes : {int64_t{1000}, 3 * mebibyte}) {
    void* const raw = heap.raw_allocate(static_cast<std::size_t>(bytes));
    std::memset(raw, 1, static_cast<std::size_t>(bytes));
    heap.raw_deallocate(raw);
  }
  EXPECT_EQ(heap.now().used, 0);
}

TEST_F(TensorHeap, WhatCannotBeMappedIsTheUsualError) {
  EXPECT_THROW(heap.allocate(std::size_t{1} << 60), c10::Error);
  EXPECT_EQ(heap.now().used, 0);
}

TEST_F(TensorHeap, ThreadsDoNotGetTheSameMemory) {
  std::vector<std::thread> threads;
  std::vector<int> broken(4);
  for (int id = 0; id < 4; ++id)
    threads.emplace_back([&, id] {
      for (int round = 0; round < 200; ++round) {
        const c10::DataPtr mine = heap.allocate(mebibyte);
        std::memset(mine.get(), id, mebibyte);
        for (int64_t i = 0; i < mebibyte; i += 4096) broken[id] += static_cast<char*>(mine.get())[i] != id;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(broken, std::vector<int>(4));
}

}  // namespace
}  // namespace zoetrope
