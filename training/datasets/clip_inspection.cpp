// See clip_inspection.hpp.
#include "training/datasets/clip_inspection.hpp"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <thread>

#include "core/io/clip_reader.hpp"
#include "core/io/sha256.hpp"
#include "core/json_text.hpp"
#include "training/data_problems.hpp"
#include "training/distributed/communicator.hpp"
#include "training/latent_cache.hpp"
#include "training/prefetcher.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

// frame_ms: how long each frame lasts, f64; size: width and height, i64.
tensor_map decoded(const listed_clip& clip) {
  timed_frames read;
  if (clip.pictures) {
    read.clip = read_pictures(clip.files, false);
    read.frame_ms.assign(clip.files.size(), 0.0);
  } else {
    read = inspect_clip(clip.files[0]);
  }
  return {{"frame_ms", at::tensor(read.frame_ms, at::kDouble)},
          {"size", at::tensor({int64_t{read.clip.width}, int64_t{read.clip.height}})}};
}

std::string inspection_key(const listed_clip& clip) {
  std::string hashes;
  for (const fs::path& file : clip.files) hashes += sha256_of_file(file);
  return cache_key({"inspection", "1", media_decoder_version(), clip.pictures ? "pictures" : "film", hashes});
}

inspected_clip inspect(const listed_clip& clip, tensor_cache* cache) {
  inspected_clip found{{}, {}, clip.problems};
  if (clip.files.empty()) return found;
  try {
    const tensor_map seen =
        cache ? cache->get(inspection_key(clip), [&] { return decoded(clip); }) : decoded(clip);
    const at::Tensor &frame_ms = seen.at("frame_ms"), &size = seen.at("size");
    const auto* durations = frame_ms.const_data_ptr<double>();
    found.size = {size.const_data_ptr<int64_t>()[0], size.const_data_ptr<int64_t>()[1]};
    found.windows = sampled_windows({durations, durations + frame_ms.numel()}, clip.sampling);
  } catch (const error& failure) {
    if (failure.kind() != error_kind::bad_input) throw;
    found.problems.push_back(clip.pictures ? failure.what() : without_path(failure, clip.files[0]));
  }
  return found;
}

// Clips first, first + step, ….
std::vector<inspected_clip> inspect_every(const std::vector<listed_clip>& clips, int64_t first, int64_t step,
                                          int64_t threads, const dataset_site& site) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  const int64_t count = (static_cast<int64_t>(clips.size()) - first + step - 1) / step;
  prefetcher<inspected_clip> inspections(
      [&](int64_t i) { return inspect(clips[static_cast<std::size_t>(first + i * step)], site.cache.get()); },
      {.end = count, .workers = threads, .ahead = 4 * threads});
  std::vector<inspected_clip> found;
  while (inspections.position() < count) {
    site.on_clip();
    found.push_back(inspections.next());
  }
  return found;
}

std::string names_hash(const std::vector<listed_clip>& clips) {
  std::string names;
  for (const listed_clip& clip : clips) names += clip.name + "\n";
  return sha256_of(names);
}

std::string told(const std::vector<inspected_clip>& share, const std::string& names) {
  json found = json::array();
  for (const inspected_clip& clip : share)
    found.push_back({clip.size.width, clip.size.height, clip.windows, clip.problems});
  return compact({{"names", names}, {"found", found}});
}

inspected_clip heard(const json& clip) {
  return {{clip.at(0).get<int64_t>(), clip.at(1).get<int64_t>()},
          clip.at(2).get<std::vector<std::vector<std::size_t>>>(),
          clip.at(3).get<std::vector<std::string>>()};
}

std::vector<inspected_clip> inspect_with(communicator& ranks, const std::vector<listed_clip>& clips,
                                         int64_t threads, const dataset_site& site) {
  const std::string names = names_hash(clips);
  std::string own;
  ranks.on_all([&] { own = told(inspect_every(clips, ranks.rank(), ranks.size(), threads, site), names); });
  std::vector<json> shares;
  for (const std::string& text : ranks.gather_texts(own)) shares.push_back(json::parse(text));
  for (std::size_t r = 0; r < shares.size(); ++r)
    ZT_CHECK(shares[r].at("names") == names, runtime, "data: rank ", r, " sees other clips than rank ",
             ranks.rank(), "; all must see the same files");
  std::vector<inspected_clip> all;
  for (std::size_t i = 0; i < clips.size(); ++i)
    all.push_back(heard(shares[i % shares.size()].at("found").at(i / shares.size())));
  return all;
}

}  // namespace

std::vector<inspected_clip> inspected(const std::vector<listed_clip>& clips, int64_t threads,
                                      const dataset_site& site) {
  if (!site.ranks || site.ranks->alone()) return inspect_every(clips, 0, 1, threads, site);
  return inspect_with(*site.ranks, clips, threads, site);
}

}  // namespace zoetrope
