// What tells one input file from another, so that a result made with other weights is not taken for this one.
#pragma once

#include <filesystem>
#include <string>

namespace zoetrope {

/// 64 hexadecimal digits. Of a file: SHA-256 of its bytes; of more than 64 MiB, of its size and of 64 blocks
/// of 1 MiB spread evenly from the first to the last byte. Of a folder: of the names and fingerprints of all
/// files below it. Empty where there is nothing. error{bad_input} for what cannot be read.
std::string file_fingerprint(const std::filesystem::path& path);

}  // namespace zoetrope
