// See tensor_heap.hpp.
#include "core/tensor/tensor_heap.hpp"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>

namespace zoetrope {

namespace {

constexpr int64_t smallest = int64_t{256} << 10, page = 4096, huge_page = int64_t{2} << 20;

int64_t whole_pages(int64_t bytes) { return (bytes + page - 1) / page * page; }

// Null where there is no more. Aligned to huge pages, so that a range of whole ones can be made of them.
char* map_fresh(int64_t bytes, bool huge_pages) {
  const bool large = huge_pages && bytes >= huge_page;
  const int64_t asked = bytes + (large ? huge_page : 0);
  void* const got = mmap(nullptr, static_cast<std::size_t>(asked), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) return nullptr;
  char* const first = static_cast<char*>(got);
  if (!large) return first;
  const int64_t ahead = -reinterpret_cast<int64_t>(first) & (huge_page - 1);
  if (ahead > 0) munmap(first, static_cast<std::size_t>(ahead));
  if (ahead < huge_page) munmap(first + ahead + bytes, static_cast<std::size_t>(huge_page - ahead));
  madvise(first + ahead, static_cast<std::size_t>(bytes), MADV_HUGEPAGE);
  return first + ahead;
}

}  // namespace

tensor_heap::tensor_heap(c10::Allocator& small, bool huge_pages) : small_(small), huge_pages_(huge_pages) {}

tensor_heap& tensor_heap::instance() {
  const char* const asked = std::getenv("THP_MEM_ALLOC_ENABLE");  // libtorch's own switch for huge pages
  static auto* const heap =                                       // outlives all tensors
      new tensor_heap(*c10::GetDefaultCPUAllocator(), asked == nullptr || std::string_view(asked) != "0");
  return *heap;
}

c10::DataPtr tensor_heap::allocate(size_t asked) {
  const int64_t bytes = whole_pages(static_cast<int64_t>(asked));
  if (bytes < smallest) return small_.allocate(asked);
  std::unique_lock lock(mutex_);
  char* range = take_kept(bytes);
  if (range == nullptr) {
    unmap_beyond(std::max(now_.most_used - now_.used - bytes, store));
    range = map_fresh(bytes, huge_pages_);
  }
  if (range == nullptr) {
    unmap_beyond(0);
    range = map_fresh(bytes, huge_pages_);
  }
  if (range == nullptr) {
    lock.unlock();
    return small_.allocate(asked);
  }
  used_.emplace(range, bytes);
  now_.used += bytes;
  now_.most_used = std::max(now_.most_used, now_.used);
  return {range, range, &tensor_heap::free, c10::Device(c10::kCPU)};
}

c10::DeleterFnPtr tensor_heap::raw_deleter() const { return &tensor_heap::free; }

// Of a tensor of any size: raw_deallocate() does not tell them apart.
void tensor_heap::free(void* data) {
  tensor_heap& heap = instance();
  if (!heap.give_back(static_cast<char*>(data))) heap.small_.raw_deallocate(data);
}

void tensor_heap::copy_data(void* to, const void* from, std::size_t bytes) const {
  std::memcpy(to, from, bytes);
}

char* tensor_heap::take_kept(int64_t bytes) {
  const auto fits = kept_by_size_.lower_bound({bytes, nullptr});
  if (fits == kept_by_size_.end()) return nullptr;
  const auto [size, range] = *fits;
  forget(kept_.find(range));
  if (size > bytes) keep(range + bytes, size - bytes);
  return range;
}

void tensor_heap::keep(char* range, int64_t bytes) {
  kept_.emplace(range, bytes);
  kept_by_size_.emplace(bytes, range);
  now_.kept += bytes;
}

void tensor_heap::forget(std::map<char*, int64_t>::iterator range) {
  kept_by_size_.erase({range->second, range->first});
  now_.kept -= range->second;
  kept_.erase(range);
}

// From the ends of the largest ranges.
void tensor_heap::unmap_beyond(int64_t most_kept) {
  while (now_.kept > most_kept) {
    const auto [size, range] = *kept_by_size_.rbegin();
    const int64_t stays = std::max<int64_t>(size - (now_.kept - most_kept), 0);
    forget(kept_.find(range));
    munmap(range + stays, static_cast<std::size_t>(size - stays));
    if (stays > 0) keep(range, stays);
  }
}

bool tensor_heap::give_back(char* range) {
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(range);
  if (found == used_.end()) return false;
  int64_t bytes = found->second;
  used_.erase(found);
  now_.used -= bytes;
  const auto after = kept_.find(range + bytes);
  if (after != kept_.end()) {
    bytes += after->second;
    forget(after);
  }
  const auto next = kept_.lower_bound(range);
  if (next != kept_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == range) {
      range = before->first;
      bytes += before->second;
      forget(before);
    }
  }
  keep(range, bytes);
  return true;
}

void tensor_heap::release() {
  const std::lock_guard lock(mutex_);
  unmap_beyond(0);
  now_.most_used = now_.used;
}

tensor_heap::state tensor_heap::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void use_tensor_heap() { c10::SetCPUAllocator(&tensor_heap::instance(), /*priority=*/1); }

}  // namespace zoetrope
