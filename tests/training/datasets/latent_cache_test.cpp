// What is cached comes back bit for bit, whatever happens to its file.
#include "training/latent_cache.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "../../core/io/pictures.hpp"
#include "../../core/temporary_folder.hpp"
#include "core/io/sha256.hpp"

namespace zoetrope {
namespace {

tensor_map numbers(double first) {
  return {{"a", at::arange(first, first + 1000, at::kFloat).view({10, 100})},
          {"b", at::arange(first, first + 7, at::kBFloat16)}};
}

bool equal(const tensor_map& a, const tensor_map& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a)
    if (!b.count(name) || tensor.scalar_type() != b.at(name).scalar_type() || !tensor.equal(b.at(name)))
      return false;
  return true;
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  return files;
}

tensor_map must_not_be_made() { throw error(error_kind::usage, "made again"); }

TEST(TensorCache, GivesBackWhatWasMade) {
  const temporary_folder folder;
  const std::string key = cache_key({"x"});
  {
    tensor_cache cache(folder / "new/cache");
    EXPECT_EQ(cache.bytes(), 0u);
    EXPECT_TRUE(equal(cache.get(key, [] { return numbers(3); }), numbers(3)));
    EXPECT_TRUE(equal(cache.get(key, must_not_be_made), numbers(3)));
    EXPECT_EQ(cache.counts().found, 1);
    EXPECT_EQ(cache.counts().made, 1);
  }
  tensor_cache later(folder / "new/cache");
  EXPECT_TRUE(equal(later.get(key, must_not_be_made), numbers(3)));
  EXPECT_TRUE(equal(later.get(cache_key({"y"}), [] { return numbers(5); }), numbers(5)));
  const auto files = files_in(folder.path());
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(later.bytes(), std::filesystem::file_size(files[0]) + std::filesystem::file_size(files[1]));
}

// sha256sum of the bytes "3:abc1:d".
TEST(TensorCache, KeysAreSha256OfPartsWithTheirLengths) {
  EXPECT_EQ(cache_key({"abc", "d"}), sha256_of("3:abc1:d"));
  EXPECT_EQ(
      std::set<std::string>({cache_key({"abc", "d"}), cache_key({"ab", "cd"}), cache_key({"abcd"})}).size(),
      3u);
}

TEST(TensorCache, NoticesEveryDamage) {
  const temporary_folder folder;
  tensor_cache cache(folder.path());
  const std::string key = cache_key({"x"}), other = cache_key({"y"});
  cache.get(key, [] { return numbers(3); });
  cache.get(other, [] { return numbers(4); });
  const std::filesystem::path file = folder / key.substr(0, 2) / (key + ".safetensors");
  const std::string whole = bytes_of(file);
  std::vector<std::string> damaged{"",
                                   "x",
                                   whole.substr(0, whole.size() / 2),
                                   whole.substr(0, whole.size() - 1),
                                   whole + "x",
                                   bytes_of(folder / other.substr(0, 2) / (other + ".safetensors"))};
  for (std::size_t at = 0; at < whole.size(); at += 97) {
    damaged.push_back(whole);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 4);
  }
  int64_t noticed = 0;
  for (const std::string& bytes : damaged) {
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_TRUE(equal(cache.get(key, [] { return numbers(3); }), numbers(3)));
    EXPECT_EQ(cache.counts().damaged, ++noticed);
    EXPECT_EQ(bytes_of(file), whole);  // made again
  }
}

TEST(TensorCache, GoesOnWhereNothingCanBeStored) {
  const temporary_folder folder;
  tensor_cache cache(folder.path());
  const std::string key = cache_key({"x"});
  folder.put(key.substr(0, 2), "a file where the folder should be");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(equal(cache.get(key, [] { return numbers(3); }), numbers(3)));
  EXPECT_EQ(cache.counts().made, 2);
  EXPECT_TRUE(mentions(cache.counts().write_failure, "cannot be made"));
  EXPECT_TRUE(mentions(failure_of([&] { tensor_cache(folder / key.substr(0, 2)); }), "runtime: "));
}

TEST(TensorCache, PassesOnWhatTheMakerThrows) {
  const temporary_folder folder;
  tensor_cache cache(folder.path());
  EXPECT_EQ(failure_of([&] { cache.get(cache_key({"x"}), must_not_be_made); }), "usage: made again");
  EXPECT_TRUE(files_in(folder.path()).empty());
}

// Four processes with three threads each ask for the same twenty keys in different orders.
TEST(TensorCache, IsSharedByProcesses) {
  const temporary_folder folder;
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      bool good = true;
      try {
        tensor_cache cache(folder.path());
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t)
          threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
              const int number = (i * 7 + process * 3 + t * 5) % 20;
              const tensor_map got = cache.get(cache_key({concat(number)}), [&] { return numbers(number); });
              if (!equal(got, numbers(number))) good = false;
            }
          });
        for (std::thread& thread : threads) thread.join();
        good = good && cache.counts().damaged == 0 && cache.counts().write_failure.empty();
      } catch (...) {
        good = false;
      }
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_EQ(files_in(folder.path()).size(), 20u);
  tensor_cache cache(folder.path());
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(equal(cache.get(cache_key({concat(i)}), must_not_be_made), numbers(i)));
}

TEST(CacheKeys, FollowContentAndEncoder) {
  const temporary_folder folder;
  write_video(folder / "a.gif", flat_clip(16, 16, 4));
  write_video(folder / "b.gif", gradient_clip(16, 16, 4));
  write_video(folder / "c.gif", flat_clip(16, 16, 4));
  for (const char* name : {"a", "b", "c"}) folder.put(concat(name, ".txt"), name);
  const auto data = make_dataset(config(
      json{{"type", "clips"}, {"folder", folder.path()}, {"width", 16}, {"height", 16}, {"frames", 4}}));
  EXPECT_EQ(latents_key(*data, 0, "vae 1"), latents_key(*data, 2, "vae 1"));
  EXPECT_EQ(text_key("a cat", "clip 1"), text_key("a cat", "clip 1"));
  const std::set<std::string> keys{latents_key(*data, 0, "vae 1"), latents_key(*data, 1, "vae 1"),
                                   latents_key(*data, 0, "vae 2"), text_key("a cat", "clip 1"),
                                   text_key("a dog", "clip 1"),    text_key("a cat", "clip 2")};
  EXPECT_EQ(keys.size(), 6u);
}

// The check of a file that was seen before decodes nothing; one that has changed is another file.
TEST(TensorCache, KeepsWhatTheCheckOfAFileFound) {
  const temporary_folder folder;
  for (const char* name : {"a", "b"}) folder.put(concat("clips/", name, ".txt"), name);
  write_video(folder / "clips/a.gif", gradient_clip(32, 24, 9));
  write_video(folder / "clips/b.mp4", gradient_clip(32, 24, 12));
  const json options = {{"type", "clips"}, {"folder", folder / "clips"}, {"width", 16}, {"height", 16},
                        {"frames", 4},     {"window", "every"}};
  const auto plain = make_dataset(config(options));
  for (const int64_t found : {0, 2}) {
    const dataset_site site{std::make_shared<tensor_cache>(folder / "cache")};
    const auto data = make_dataset(config(options), site);
    EXPECT_EQ(site.cache->counts().found, found);
    EXPECT_EQ(site.cache->counts().made, 2 - found);
    ASSERT_EQ(data->size(), 5);
    for (int64_t i = 0; i < 5; ++i) {
      EXPECT_EQ(data->content_key(i), plain->content_key(i));
      EXPECT_EQ(data->label(i).sizes, plain->label(i).sizes);
    }
  }
  write_video(folder / "clips/a.gif", gradient_clip(32, 24, 3));
  const dataset_site site{std::make_shared<tensor_cache>(folder / "cache")};
  EXPECT_TRUE(mentions(failure_of([&] { make_dataset(config(options), site); }), "a.gif: has 3 frames"));
}

class one_weight : public module {
 public:
  explicit one_weight(const std::string& name, int64_t size = 2) {
    add_parameter(name, tensor, {size}, initializer::zeros());
    tensor = at::zeros({size});
  }
  at::Tensor tensor;
};

// sha256sum of name, type, extents (each with its length in front), then eight bytes of zeros.
TEST(WeightsHash, TellsNamesTypesShapesAndBytes) {
  const one_weight weight("w");
  EXPECT_EQ(weights_hash(weight), sha256_of(std::string("1:w3:F321:2") + std::string(8, 0)));
  one_weight other("w");
  EXPECT_EQ(weights_hash(other), weights_hash(weight));
  other.tensor[1] = 1;
  const one_weight renamed("v"), longer("w", 3);
  one_weight halved("w", 4);
  halved.tensor = halved.tensor.to(at::kHalf);
  const std::set<std::string> hashes{weights_hash(weight), weights_hash(other), weights_hash(renamed),
                                     weights_hash(longer), weights_hash(halved)};
  EXPECT_EQ(hashes.size(), 5u);
}

}  // namespace
}  // namespace zoetrope
