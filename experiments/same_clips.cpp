// See same_clips.hpp.
#include "experiments/same_clips.hpp"

#include <cstdlib>
#include <map>
#include <tuple>

#include "eval/result_file.hpp"
#include "experiments/experiment_run.hpp"

namespace zoetrope {
namespace {

clip_difference difference(const std::string& label, const result& one, const result& other) {
  ZT_CHECK(!one.frames.values.empty() && one.frames.shape == other.frames.shape, bad_input, label,
           ": same_clips: the clip differs from the first arm's, and their frames were not kept or have "
           "different sizes");
  clip_difference found{label, 0, 0};
  for (std::size_t i = 0; i < one.frames.values.size(); ++i) {
    const std::int64_t levels = std::abs(int{one.frames.values[i]} - int{other.frames.values[i]});
    found.levels = std::max(found.levels, levels);
    found.share += levels > 0;
  }
  found.share /= static_cast<double>(one.frames.values.size());
  return found;
}

}  // namespace

std::vector<clip_difference> clips_that_differ(const std::filesystem::path& folder,
                                               const experiment_cells& all, std::int64_t levels) {
  std::vector<clip_difference> found;
  std::map<std::tuple<std::string, std::uint64_t, std::int64_t>, result> firsts;
  for (const experiment_cell& cell : all.cells) {
    if (state_of(folder, cell) != cell_state::ok) continue;
    result kept = read_result(result_path(folder, cell.config, cell.seed));
    const auto sample = std::make_tuple(cell.prompt, cell.seed, cell.repeat);
    if (cell.arm == 0) {
      firsts.emplace(sample, std::move(kept));
      continue;
    }
    const auto first = firsts.find(sample);
    if (first == firsts.end() || first->second.frames_sha256 == kept.frames_sha256) continue;
    const clip_difference differs = difference(cell_label(all, cell), first->second, kept);
    if (differs.levels > levels) found.push_back(differs);
  }
  return found;
}

}  // namespace zoetrope
