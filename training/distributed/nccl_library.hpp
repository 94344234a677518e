// The functions of NCCL that a training calls, from the libnccl.so.2 that libtorch_cuda has opened: found at
// run time, declared here after NCCL's documented C interface (version 2), so that nothing needs its header.
// Free of torch.
#pragma once

#include <cstddef>

namespace zoetrope {

using nccl_result = int;  // 0: success
struct nccl_unique_id {
  char bytes[128];
};
struct nccl_comm;  // NCCL's own

// NCCL's numbers.
enum : int { nccl_sum = 0, nccl_float32 = 7, nccl_float64 = 8, nccl_in_progress = 7 };

struct nccl_library {
  nccl_result (*get_unique_id)(nccl_unique_id*);
  nccl_result (*comm_init_rank)(nccl_comm**, int ranks, nccl_unique_id, int rank);
  nccl_result (*comm_get_async_error)(nccl_comm*, nccl_result*);
  nccl_result (*comm_abort)(nccl_comm*);
  nccl_result (*group_start)();
  nccl_result (*group_end)();
  nccl_result (*reduce)(const void* send, void* receive, std::size_t count, int type, int operation, int root,
                        nccl_comm*, void* stream);
  nccl_result (*broadcast)(const void* send, void* receive, std::size_t count, int type, int root, nccl_comm*,
                           void* stream);
  const char* (*get_error_string)(nccl_result);

  /// error{runtime} with NCCL's own words.
  void check(nccl_result result, const char* what) const;
};

/// error{runtime} if there is no NCCL.
const nccl_library& open_nccl();

}  // namespace zoetrope
