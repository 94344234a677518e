// See run_checkpoint.hpp.
#include "training/run_checkpoint.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/error.hpp"
#include "core/io/atomic_file.hpp"
#include "training/same_training.hpp"
#include "training/training_origin.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

std::string optimizer_file(const communicator& ranks) {
  return ranks.alone() ? "optimizer.safetensors" : concat("optimizer-", ranks.rank(), ".safetensors");
}

void save_shared(const checkpoint_writer& writer, const run_state& state) {
  tensor_map weights;
  for (const trained_parameter& each : state.parameters) weights.emplace(each.name, each.tensor.detach());
  save_tensors(writer.path("weights.safetensors"), weights);
  if (state.average) save_tensors(writer.path("average.safetensors"), state.average->state());
  json told = {{"step", state.step}, {"satisfied", state.satisfied}, {"config", state.settings}};
  if (state.look_due) told["look_due"] = true;
  if (state.scaler) told["loss_scaler"] = state.scaler->state();
  write_text_file(writer.path("state.json"), told.dump(2) + "\n");
  write_origin(writer.path(""), state.origin);
}

void load_weights(const checkpoint& from, const trained_parameters& parameters) {
  const c10::NoGradGuard no_gradient;
  const tensor_map weights = load_tensors(from.folder / "weights.safetensors");
  for (const trained_parameter& each : parameters) {
    const auto stored = weights.find(each.name);
    ZT_CHECK(stored != weights.end() && stored->second.sizes() == each.tensor.sizes(), bad_input,
             from.folder.string(), ": has no ", each.name, " of this shape");
    each.tensor.detach().copy_(stored->second);
  }
}

bool ask_the_same(const json& before, const json& now) {
  return before.value("until", json()) == now.value("until", json());
}

tensor_map optimizer_states(const fs::path& folder) {
  tensor_map all;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("optimizer")) all.merge(load_tensors(entry.path()));
  return all;
}

}  // namespace

void save_run(const fs::path& root, const run_state& state, int64_t keep, communicator& ranks) {
  std::optional<checkpoint_writer> writer;
  ranks.on_first([&] { save_shared(writer.emplace(root, state.step), state); });
  ranks.on_all([&] {
    save_tensors(unfinished_checkpoint(root, state.step) / optimizer_file(ranks), state.steps.state());
  });
  ranks.on_first([&] { writer->commit(static_cast<std::size_t>(keep)); });
}

json load_run(const checkpoint& from, run_state& state, bool with_optimizer) {
  const config stored = config::load(from.folder / "state.json");
  const json before = stored.at("config").value();
  const json origin = read_origin(from.folder);
  expect_same_training(before, state.settings, from.folder.string());
  expect_same_origin(origin, state.origin, from.folder.string());
  load_weights(from, state.parameters);
  in_context(printable(from.folder.string()), [&] {
    if (with_optimizer) state.steps.load(optimizer_states(from.folder));
    if (state.average) state.average->load(load_tensors(from.folder / "average.safetensors"));
  });
  if (state.scaler) state.scaler->load(stored.at("loss_scaler").value());
  state.step = from.step;
  state.look_due = stored.get("look_due", false);
  state.satisfied = stored.get<bool>("satisfied") && ask_the_same(before, state.settings);
  return before;
}

}  // namespace zoetrope
