// Runs one cell: makes its clip, measures it, and says where and with what that was done.
#pragma once

#include <functional>
#include <string>

#include "core/io/video.hpp"
#include "eval/result_file.hpp"
#include "experiments/experiment_cells.hpp"
#include "pipelines/memory_plan.hpp"

namespace zoetrope {

/// What a cell's config asks for, ready to run.
struct cell_work {
  resolved_generation resolved;
  std::string prompt;
  std::uint64_t seed = 0;
  std::vector<json> metrics;
  std::string metric_weights;
  std::shared_ptr<const reference_clips> references;
  std::optional<noise_options> speed;
  bool memory = false;
};
cell_work work_of(const experiment_file& experiment, const experiment_cells& all,
                  const experiment_cell& cell);
/// The same from a config that a result keeps; error{bad_input} for what does not fit the schema.
cell_work work_of(const json& config, std::uint64_t seed);

/// For the length of a run.
struct cell_conditions {
  std::string command;
  std::function<bool()> goes_on = [] { return true; };  ///< false: error{interrupted} at the next step
};

struct made_clip {
  rgb_frames frames;
  hdf5_array<float> latents;  ///< c f h w
};

/// Two steps of the cell's way, so that its weights and what libraries make for it are in memory before memory
/// is measured: else the first arm would pay for what the others find.
void warm_up(const text_to_video_model& model, const cell_work& work, const cell_conditions& conditions);

/// Fills metrics, speed, memory and hashes of `cell`. `planned` is of this cell's arm, null where no memory
/// is asked for. Errors as text_to_video's and the metrics'.
made_clip run_cell(const text_to_video_model& model, const cell_work& work, const memory_plan* planned,
                   const cell_conditions& conditions, result& cell);

/// The metrics of a clip, into `cell`. Errors as metric_suite's.
void measure_metrics(const cell_work& work, const rgb_frames& frames, result& cell);

/// Facts of this program and machine, for a cell that begins now.
void tell_where(const resolved_generation& resolved, const cell_conditions& conditions, result& cell);
/// Now, as ISO 8601 in UTC with milliseconds.
std::string utc_now();

/// f h w c.
hdf5_array<std::uint8_t> as_array(const rgb_frames& clip);

/// The plan of an arm: a second model is opened for it, without weights. `process`: process_base_bytes(),
/// asked before any model was in memory.
memory_plan plan_memory(const cell_work& work, std::int64_t process);

}  // namespace zoetrope
