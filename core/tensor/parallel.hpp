// at::parallel_for for our own loops. It is a template whose threads are OpenMP's: in a file that is compiled
// without OpenMP it would run on one thread and say nothing (zt_parallel_sources in
// cmake/zoetrope_torch.cmake).
#pragma once

#include <ATen/Parallel.h>

#if AT_PARALLEL_OPENMP && !defined(_OPENMP)
#error "compiled without OpenMP: list this file with zt_parallel_sources"
#endif
