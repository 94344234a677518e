// Texts of any length lie in an HDF5 file's global heaps (HDF5 File Format Specification 3.0, III.E), each
//   "GCOL" | version 1 | 3 bytes | u64 size of all of it | objects
//   an object: u16 number | u16 uses | 4 bytes | u64 size | its bytes, filled up to a multiple of 8
// little-endian. Number 0 is the room that is left; its size counts its own 16 bytes. HDF5 1.10 believes
// these sizes: a sector of zeros makes it loop for ever, other damage makes it read what is not the file's.
#pragma once

#include <cstddef>
#include <span>

namespace zoetrope {

/// error{runtime} says at which byte a heap's sizes do not fit. Of heaps in the first MiB: texts are
/// written before pictures, which need not be read for this.
void check_global_heaps(std::span<const std::byte> file);

}  // namespace zoetrope
