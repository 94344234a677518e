// See run_start.hpp.
#include "training/run_start.hpp"

#include "training/distributed/communicator.hpp"

namespace zoetrope {

namespace {

std::optional<checkpoint> found_here(const trainer_run& run, int64_t steps) {
  const std::filesystem::path root = run.folder / "checkpoints";
  const checkpoint_search search = latest_checkpoint(root);
  if (run.warn)
    for (const std::string& reason : search.skipped) run.warn(reason);
  // A fresh start would write over them, and what cannot be read here may be whole.
  ZT_CHECK(search.found || search.damaged == 0, usage, root.string(), ": none of the checkpoints there (",
           search.damaged, ") can be read; move the folder away, or choose another --output_dir. ",
           search.damaged == 0 ? "" : search.skipped.front());
  ZT_CHECK(run.resume != resume_mode::none || !search.found, usage, root.string(),
           ": has checkpoints; go on from them with --resume latest, or choose another folder");
  ZT_CHECK(run.resume != resume_mode::latest || search.found, usage, root.string(),
           ": there is no checkpoint to go on from");
  ZT_CHECK(!search.found || search.found->step <= steps, usage, search.found->folder.string(),
           ": is of more than the ", steps,
           " steps that are asked; ask for as many, or choose another folder");
  if (run.resume == resume_mode::automatic && run.note)
    run.note(search.found ? concat("goes on from step ", search.found->step) : "starts from the beginning");
  return search.found;
}

}  // namespace

std::optional<checkpoint> checkpoint_to_go_on_from(const trainer_run& run, int64_t steps,
                                                   communicator& ranks) {
  const std::string told = ranks.from_first([&] {
    const std::optional<checkpoint> found = found_here(run, steps);
    return found ? json{{"folder", found->folder.string()}, {"step", found->step}}.dump() : std::string();
  });
  if (told.empty()) return std::nullopt;
  const json found = json::parse(told);
  return checkpoint{found.at("folder").get<std::string>(), found.at("step").get<int64_t>()};
}

}  // namespace zoetrope
