// Compiles one body of code for each instruction set, and picks when the program starts. A source that wants
// it:
//
//   #define ZT_BODY "attention/kernels/x_cpu.inl"      (the body: no include of its own, all in the namespace
//   it is in) #include "attention/kernels/every_instruction_set.hpp" …
//   ZT_FOR_THIS_MACHINE(function)(arguments);
//
// The body is written once, on vectors of `vector_bytes` bytes (GCC's vector extensions). The attribute
// target_clones would not do: it reaches one function and not the templates that it calls. Standard headers
// must come before, so that nothing of theirs is compiled for a machine that is not there.
#include "attention/kernels/cpu_tiles_headers.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
namespace zoetrope::avx512 {
constexpr int vector_bytes = 64;
#include "attention/kernels/cpu_tiles.inl"
#include ZT_BODY
}  // namespace zoetrope::avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace zoetrope::avx2 {
constexpr int vector_bytes = 32;
#include "attention/kernels/cpu_tiles.inl"
#include ZT_BODY
}  // namespace zoetrope::avx2
#pragma GCC pop_options

#define ZT_FOR_THIS_MACHINE(function)                                   \
  (__builtin_cpu_supports("x86-64-v4")   ? ::zoetrope::avx512::function \
   : __builtin_cpu_supports("x86-64-v3") ? ::zoetrope::avx2::function   \
                                         : ::zoetrope::portable::function)
#else
#define ZT_FOR_THIS_MACHINE(function) ::zoetrope::portable::function
#endif

namespace zoetrope::portable {
constexpr int vector_bytes = 16;
#include "attention/kernels/cpu_tiles.inl"
#include ZT_BODY
}  // namespace zoetrope::portable
