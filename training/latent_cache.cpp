// See latent_cache.hpp.
#include "training/latent_cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/io/atomic_folder.hpp"
#include "core/io/sha256.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
constexpr const char* version = "1";  // of the files; part of every key

void add_text(sha256& hash, std::string_view text) {
  const std::string length = concat(text.size(), ":");
  hash.add(std::as_bytes(std::span(length)));
  hash.add(std::as_bytes(std::span(text)));
}

std::string hash_of(const tensor_map& tensors) {
  sha256 hash;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor flat = tensor.detach().cpu().contiguous();
    add_text(hash, name);
    add_text(hash, name_of(element_type_of(flat.scalar_type())));
    add_text(hash, joined_extents(flat.sizes().vec()));
    hash.add({static_cast<const std::byte*>(flat.const_data_ptr()), flat.nbytes()});
  }
  return hash.hex();
}

// Held by one writer of a folder at a time, in this process or another: two that write one file would meet at
// its unfinished half. Unlike a folder_lock it waits, and what it locks is a file: on a network's file system
// other machines see that, too, which may fill one cache together.
class writers_turn {
 public:
  explicit writers_turn(const fs::path& folder) {
    const fs::path file = folder / "lock";
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int locked = -1;
    if (descriptor_ >= 0) do
        locked = ::flock(descriptor_, LOCK_EX);
      while (locked != 0 && errno == EINTR);
    if (locked == 0) return;
    const int reason = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    throw error(error_kind::runtime,
                concat(printable(file.string()), ": cannot be locked: ", std::strerror(reason)));
  }
  ~writers_turn() { ::close(descriptor_); }
  writers_turn(const writers_turn&) = delete;
  writers_turn& operator=(const writers_turn&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace

tensor_cache::tensor_cache(fs::path folder, bool stores) : folder_(std::move(folder)), stores_(stores) {
  if (stores) make_folder(folder_);
}

// 256 folders, so that none is very full and writers seldom wait for each other.
fs::path tensor_cache::file_of(const std::string& key) const {
  return folder_ / key.substr(0, 2) / (key + ".safetensors");
}

std::optional<tensor_map> tensor_cache::find(const std::string& key) {
  const fs::path file = file_of(key);
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  try {
    const safetensors_file stored = safetensors_file::open(file);
    tensor_map tensors;
    for (const stored_tensor& tensor : stored.tensors()) tensors[tensor.name] = as_tensor(stored, tensor);
    const std::map<std::string, std::string> wanted{{"key", key}, {"sha256", hash_of(tensors)}};
    if (stored.metadata() == wanted) return tensors;
  } catch (const error& failure) {
    if (failure.kind() != error_kind::bad_input) throw;
  }
  const std::lock_guard lock(mutex_);
  ++counts_.damaged;
  return std::nullopt;
}

std::string tensor_cache::failure_to_store(const std::string& key, const tensor_map& tensors) const try {
  const fs::path file = file_of(key);
  make_folder(file.parent_path());
  const writers_turn lock(file.parent_path());
  save_tensors(file, tensors, {{"key", key}, {"sha256", hash_of(tensors)}});
  return "";
} catch (const error& failure) {
  if (failure.kind() != error_kind::runtime) throw;
  return failure.what();
}

tensor_map tensor_cache::get(const std::string& key, const std::function<tensor_map()>& make) {
  if (auto found = find(key)) {
    const std::lock_guard lock(mutex_);
    ++counts_.found;
    return std::move(*found);
  }
  tensor_map made = make();
  const std::string failure = stores_ && counts().write_failure.empty() ? failure_to_store(key, made) : "";
  const std::lock_guard lock(mutex_);
  ++counts_.made;
  if (counts_.write_failure.empty()) counts_.write_failure = failure;
  return made;
}

cache_counts tensor_cache::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

uint64_t tensor_cache::bytes() const {
  uint64_t sum = 0;
  std::error_code gone;  // other processes rename meanwhile
  for (const auto& entry : fs::recursive_directory_iterator(folder_, gone)) {
    const uint64_t size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) sum += size;
  }
  return sum;
}

std::string cache_key(std::initializer_list<std::string_view> parts) {
  sha256 hash;
  for (const std::string_view part : parts) add_text(hash, part);
  return hash.hex();
}

std::string weights_hash(const module& weights) { return hash_of(state_of(weights)); }

std::string latents_key(const dataset& data, int64_t index, const std::string& encoder) {
  return cache_key({"latents", version, encoder, data.content_key(index)});
}

std::string text_key(const std::string& caption, const std::string& encoder) {
  return cache_key({"text", version, encoder, caption});
}

}  // namespace zoetrope
