// The operators that our networks use and that libtorch, without Python, has no meta kernel for.
#pragma once

namespace zoetrope {

/// Adds them to libtorch's dispatcher, for the rest of the process. To be called once.
void add_meta_operators();

}  // namespace zoetrope
