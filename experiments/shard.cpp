// See shard.hpp.
#include "experiments/shard.hpp"

#include <vector>

#include "core/error.hpp"
#include "core/parsed_number.hpp"

namespace zoetrope {
namespace {

std::size_t number(std::string_view text, const std::string& what) {
  const auto value = parsed_number<std::size_t>(text);
  ZT_CHECK(value, usage, what, ": '", printable(text), "' is not a whole number");
  return *value;
}

}  // namespace

shard parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto index = parsed_number<std::size_t>(text.substr(0, slash));
  const auto count = parsed_number<std::size_t>(slash < text.size() ? text.substr(slash + 1) : "");
  ZT_CHECK(index && count, usage, "--shard: '", printable(text),
           "' is not i/n, as in 2/8 for the second of eight");
  ZT_CHECK(*index >= 1 && *index <= *count, usage, "--shard: ", *index, "/", *count,
           ": wanted i/n with 1 <= i <= n");
  return {*index - 1, *count, "--shard"};
}

shard shard_of_environment(const std::function<const char*(const char*)>& get) {
  const auto told = [&](const char* name) {
    const char* text = get(name);
    ZT_CHECK(text, usage, name, " is not set, and which share of the cells to run depends on it");
    return number(text, name);
  };
  const auto in_range = [](shard share) {
    ZT_CHECK(share.index < share.count, usage, share.origin, ": ", share.index, " of ", share.count,
             " shares");
    return share;
  };
  std::vector<shard> found;
  if (get("SLURM_ARRAY_TASK_ID")) {
    const std::size_t step = get("SLURM_ARRAY_TASK_STEP") ? told("SLURM_ARRAY_TASK_STEP") : 1;
    ZT_CHECK(step > 0, usage, "SLURM_ARRAY_TASK_STEP: 0");
    const std::size_t id = told("SLURM_ARRAY_TASK_ID"), first = told("SLURM_ARRAY_TASK_MIN");
    ZT_CHECK(id >= first, usage, "SLURM_ARRAY_TASK_ID ", id, " is below SLURM_ARRAY_TASK_MIN ", first);
    found.push_back(in_range({(id - first) / step, told("SLURM_ARRAY_TASK_COUNT"), "SLURM_ARRAY_TASK_ID"}));
  }
  if (get("OMPI_COMM_WORLD_RANK"))
    found.push_back(
        in_range({told("OMPI_COMM_WORLD_RANK"), told("OMPI_COMM_WORLD_SIZE"), "OMPI_COMM_WORLD_RANK"}));
  else if (get("PMI_RANK"))
    found.push_back(in_range({told("PMI_RANK"), told("PMI_SIZE"), "PMI_RANK"}));
  // A job step of one process is no share: Slurm tells each task of an array that it is rank 0 of 1.
  if (found.size() == 2 && found.back().count == 1) found.pop_back();
  ZT_CHECK(found.size() < 2, usage, found.front().origin, " and ", found.back().origin,
           " both say which share to run; say it with --shard i/n");
  return found.empty() ? shard() : found.front();
}

cell_range range_of(const shard& share, std::size_t cells) {
  return {cells * share.index / share.count, cells * (share.index + 1) / share.count};
}

}  // namespace zoetrope
