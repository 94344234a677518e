// See nccl_library.hpp.
#include "training/distributed/nccl_library.hpp"

#include <dlfcn.h>

#include "core/error.hpp"

namespace zoetrope {
namespace {

template <class Function>
void find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  ZT_CHECK(function != nullptr, runtime, "distributed: libnccl.so.2 has no ", name);
}

nccl_library open() {
  void* library =
      ::dlopen("libnccl.so.2", RTLD_NOW);  // libtorch_cuda has opened it, where it is a CUDA build
  ZT_CHECK(library != nullptr, runtime, "distributed: tensors of several GPUs need NCCL: ", ::dlerror());
  nccl_library nccl{};
  find(library, "ncclGetUniqueId", nccl.get_unique_id);
  find(library, "ncclCommInitRank", nccl.comm_init_rank);
  find(library, "ncclCommGetAsyncError", nccl.comm_get_async_error);
  find(library, "ncclCommAbort", nccl.comm_abort);
  find(library, "ncclGroupStart", nccl.group_start);
  find(library, "ncclGroupEnd", nccl.group_end);
  find(library, "ncclReduce", nccl.reduce);
  find(library, "ncclBroadcast", nccl.broadcast);
  find(library, "ncclGetErrorString", nccl.get_error_string);
  return nccl;
}

}  // namespace

void nccl_library::check(nccl_result result, const char* what) const {
  ZT_CHECK(result == 0, runtime, "distributed: NCCL: ", what, ": ", get_error_string(result));
}

const nccl_library& open_nccl() {
  static const nccl_library nccl = open();
  return nccl;
}

}  // namespace zoetrope
