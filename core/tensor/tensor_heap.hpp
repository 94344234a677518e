// Memory for large CPU tensors. A fresh tensor of many pages costs more in page faults than in arithmetic, so
// what is freed is kept for the next one; but beyond a small store no more is ever mapped than was once in
// use at the same time: keeping costs no peak, and a plan that counts tensors (meta_run.hpp) counts what is
// held.
#pragma once

#include <c10/core/Allocator.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

namespace zoetrope {

class tensor_heap final : public c10::Allocator {
 public:
  /// Bytes that may be kept in any case.
  static constexpr int64_t store = int64_t{8} << 20;

  struct state {
    int64_t used = 0;       ///< in tensors, whole pages
    int64_t kept = 0;       ///< mapped and free
    int64_t most_used = 0;  ///< since the last release; used + kept is more by the store at most
  };

  /// The one of this process, made by the first call. Tensors below a quarter of a mebibyte are libtorch's
  /// own allocator's.
  static tensor_heap& instance();

  /// Kept memory first: the smallest range that is large enough, whose rest stays kept. Where the system has
  /// no more to map, libtorch's own allocator is asked, and tells.
  c10::DataPtr allocate(size_t bytes) override;
  c10::DeleterFnPtr raw_deleter() const override;
  void copy_data(void* to, const void* from, std::size_t bytes) const override;

  /// Unmaps all that is kept; what is in use now is the most again.
  void release();
  state now() const;

 private:
  tensor_heap(c10::Allocator& small, bool huge_pages);
  char* take_kept(int64_t bytes);
  void keep(char* range, int64_t bytes);
  void forget(std::map<char*, int64_t>::iterator range);
  void unmap_beyond(int64_t most_kept);
  bool give_back(char* range);
  static void free(void* data);

  c10::Allocator& small_;
  const bool huge_pages_;
  mutable std::mutex mutex_;
  state now_;
  std::unordered_map<char*, int64_t> used_;
  std::map<char*, int64_t> kept_;                     // neighbours are joined
  std::set<std::pair<int64_t, char*>> kept_by_size_;  // the same ranges
};

/// Makes it libtorch's allocator for the CPU.
void use_tensor_heap();

}  // namespace zoetrope
