// See reference_clips.hpp.
#include "experiments/reference_clips.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "core/error.hpp"
#include "experiments/file_fingerprint.hpp"

namespace zoetrope {
namespace {

void expect_one_of_each(const std::vector<clip_file>& results) {
  std::map<std::pair<std::string, std::uint64_t>, const clip_file*> seen;
  for (const clip_file& clip : results) {
    const result& cell = clip.result->cell;
    const clip_file& first = *seen.emplace(std::pair(cell.prompt, cell.seed), &clip).first->second;
    ZT_CHECK(first.result->cell.frames_sha256 == cell.frames_sha256, bad_input, printable(first.place()),
             " and ", printable(clip.place()),
             " are of one prompt and seed and differ; wanted the results of one arm");
  }
}

}  // namespace

reference_clips::reference_clips(const std::string& place) {
  if (place.empty()) return;
  clips_ = clips_in(place);
  const auto is_result = [](const clip_file& clip) { return clip.result != nullptr; };
  if (std::any_of(clips_.begin(), clips_.end(), is_result)) std::erase_if(clips_, std::not_fn(is_result));
  if (clips_.front().result) {
    expect_one_of_each(clips_);
    missing_ = concat("needs a reference of this prompt and seed in ", printable(place));
  } else {
    ZT_CHECK(clips_.size() == 1, bad_input, printable(place), ": ", clips_.size(),
             " clips; wanted one, or the results of an experiment");
  }
}

const clip_file* reference_clips::find(const std::string& prompt, std::uint64_t seed) const {
  for (const clip_file& clip : clips_)
    if (!clip.result || (clip.result->cell.prompt == prompt && clip.result->cell.seed == seed)) return &clip;
  return nullptr;
}

std::string fingerprint_of(const clip_file& reference) {
  return reference.result ? reference.result->cell.frames_sha256 : file_fingerprint(reference.path);
}

}  // namespace zoetrope
