// SHA-256 (FIPS 180-4) by OpenSSL, which uses the processor's own instructions for it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace zoetrope {

class sha256 {
 public:
  sha256();
  ~sha256();

  void add(std::span<const std::byte> bytes);
  /// 64 digits, lower case; call it last and once.
  std::string hex();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

std::string sha256_of(std::string_view text);
std::string sha256_of(std::span<const std::byte> bytes);
/// error{bad_input} if the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace zoetrope
