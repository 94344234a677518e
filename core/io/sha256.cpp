// See sha256.hpp.
#include "core/io/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/error.hpp"

namespace zoetrope {

struct sha256::state {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

sha256::sha256() : state_(std::make_unique<state>()) {
  ZT_CHECK(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1, runtime,
           "this libcrypto has no SHA-256");
}

sha256::~sha256() = default;

void sha256::add(std::span<const std::byte> bytes) {
  ZT_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1, runtime,
           "SHA-256 failed");
}

std::string sha256::hex() {
  unsigned char digest[32];
  ZT_CHECK(EVP_DigestFinal_ex(state_->context.get(), digest, nullptr) == 1, runtime, "SHA-256 failed");
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string sha256_of(std::span<const std::byte> bytes) {
  sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string sha256_of(std::string_view text) { return sha256_of(std::as_bytes(std::span(text))); }

// Read and not mapped: a file that shrinks meanwhile, or a bad sector, is then an error and not a signal.
std::string sha256_of_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const auto failure = [&] {
    return error(error_kind::bad_input, concat(printable(file.string()), ": ", std::strerror(errno)));
  };
  if (descriptor < 0) throw failure();
  const std::unique_ptr<const int, void (*)(const int*)> closer(&descriptor,
                                                                [](const int* d) { ::close(*d); });
  sha256 hash;
  std::vector<std::byte> buffer(1 << 20);
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw failure();
    if (got == 0) return hash.hex();
    hash.add(std::span(buffer).first(static_cast<std::size_t>(got)));
  }
}

}  // namespace zoetrope
