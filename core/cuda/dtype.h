/* The element types that kernels know, as their C structs carry them. f64 is for the CPU alone. */
#pragma once

enum zt_dtype { zt_f32 = 0, zt_f16 = 1, zt_bf16 = 2, zt_f64 = 3 };
