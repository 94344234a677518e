// See experiment_run.hpp.
#include "experiments/experiment_run.hpp"

#include <algorithm>

#include "core/io/atomic_folder.hpp"
#include "core/tensor/device.hpp"
#include "core/tensor/torch_error.hpp"
#include "pipelines/output_file.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

/// Runs `body`; what it threw, but an interruption, as text.
template <class Body>
std::string failure_in(Body&& body) {
  try {
    body();
    return "";
  } catch (const error& failure) {
    if (failure.kind() == error_kind::interrupted) throw;
    return failure.what();
  } catch (const c10::Error& failure) {
    return as_error(failure).what();
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

fs::path clip_path(fs::path file, const experiment_keeps& keeps) {
  return file.replace_extension(keeps.clips);
}

// As a file or folder of its own, or the first of its numbered pictures.
bool is_kept(const fs::path& clip) {
  fs::path first = clip;
  first.replace_filename(concat(clip.stem().string(), "-0000", clip.extension().string()));
  return fs::exists(clip) || fs::exists(first);
}

std::string error_of(const fs::path& folder, const experiment_cell& cell) {
  return read_result_head(result_path(folder, cell.config, cell.seed)).error;
}

class experiment_runner {
 public:
  experiment_runner(const experiment_file& experiment, const experiment_cells& all,
                    const run_options& options)
      : experiment_(experiment),
        all_(all),
        options_(options),
        process_bytes_(experiment.memory ? process_base_bytes(at::kCPU) : 0) {}

  /// What went wrong, or an empty text; nothing where another run is at the cell or has just finished it.
  /// error{interrupted}.
  std::optional<std::string> run(const experiment_cell& cell) {
    const fs::path file = result_path(options_.folder, cell.config, cell.seed);
    std::optional<result_writer> place;
    const std::string taken = failure_in([&] {
      place.emplace(file,
                    options_.retry_failed ? standing_result::replaced_if_failed : standing_result::kept);
    });
    if (!place) {
      if (is_being_written(file) || state_of(options_.folder, cell) == cell_state::ok) return std::nullopt;
      return taken;
    }
    result kept = begun(cell);
    made_clip clip;
    kept.error = failure_in([&] {
      const cell_work work = work_of(experiment_, all_, cell);
      const bool is_new = model_key_ != all_.arms[cell.arm].model_key;
      const text_to_video_model& model = model_of(all_.arms[cell.arm]);
      if (work.memory && is_new) warm_up(model, work, options_.conditions);
      const memory_plan* planned = work.memory ? &plan_of(cell.arm, work) : nullptr;
      clip = run_cell(model, work, planned, options_.conditions, kept);
    });
    if (!kept.error.empty()) kept.status = "failed";
    kept.finished = utc_now();
    std::string failure = kept.error;
    if (!kept.failed()) failure = failure_in([&] { keep(file, all_.arms[cell.arm], kept, clip); });
    // The numbers are worth keeping whatever became of the clip's own file.
    const std::string unwritten = failure_in([&] { place->write(kept); });
    return unwritten.empty() ? failure : unwritten;
  }

 private:
  result begun(const experiment_cell& cell) {
    const experiment_arm& arm = all_.arms[cell.arm];
    set_thread_count(static_cast<int>(arm.resolved.settings.threads));
    result kept;
    kept.experiment = experiment_.name;
    kept.config = cell.config;
    kept.arm = arm.values;
    kept.prompt = cell.prompt;
    kept.seed = cell.seed;
    kept.repeat = cell.repeat;
    tell_where(arm.resolved, options_.conditions, kept);
    return kept;
  }

  // The one before is given back first: two need not fit.
  const text_to_video_model& model_of(const experiment_arm& arm) {
    if (model_key_ != arm.model_key) {
      model_key_.clear();
      model_ = text_to_video_model();
      model_ = open_model(arm.resolved);
      model_key_ = arm.model_key;
    }
    return model_;
  }

  const memory_plan& plan_of(std::size_t arm, const cell_work& work) {
    const auto found = plans_.find(arm);
    return found != plans_.end() ? found->second
                                 : plans_.emplace(arm, plan_memory(work, process_bytes_)).first->second;
  }

  // The clip's own file comes before the result: a result that is there is whole.
  void keep(const fs::path& file, const experiment_arm& arm, result& kept, const made_clip& clip) {
    const generation_settings& settings = arm.resolved.settings;
    if (experiment_.keep.frames) kept.frames = as_array(clip.frames);
    if (experiment_.keep.latents) kept.latents = clip.latents;
    if (experiment_.keep.clips.empty()) return;
    in_context("keep.clips", [&] {
      output_formats().find(experiment_.keep.clips)(
          clip_path(file, experiment_.keep), enlarge(clip.frames, static_cast<int>(settings.output_scale)),
          {.duration_ms = settings.video_duration});
    });
  }

  const experiment_file& experiment_;
  const experiment_cells& all_;
  const run_options& options_;
  const std::int64_t process_bytes_;
  std::string model_key_;
  text_to_video_model model_;
  std::map<std::size_t, memory_plan> plans_;
};

}  // namespace

cell_state state_of(const fs::path& folder, const experiment_cell& cell) {
  const fs::path file = result_path(folder, cell.config, cell.seed);
  if (!fs::exists(file)) return cell_state::missing;
  const result kept = read_result_head(file);
  ZT_CHECK(kept.config == cell.config && kept.seed == cell.seed, bad_input, printable(file.string()),
           ": is the result of another cell");
  return kept.failed() ? cell_state::failed : cell_state::ok;
}

std::vector<std::string> unkept(const fs::path& folder, const experiment_cell& cell,
                                const experiment_keeps& keeps) {
  const fs::path file = result_path(folder, cell.config, cell.seed);
  const std::vector<std::string> there = hdf5_reader(file).children("/");
  std::vector<std::string> missing;
  const auto look = [&](bool wanted, const char* name) {
    if (wanted && std::find(there.begin(), there.end(), name) == there.end()) missing.push_back(name);
  };
  look(keeps.frames, "frames");
  look(keeps.latents, "latents");
  if (!keeps.clips.empty() && !is_kept(clip_path(file, keeps))) missing.push_back("clips");
  return missing;
}

run_summary run_experiment(const experiment_file& experiment, const experiment_cells& all,
                           const run_options& options) {
  make_folder(options.folder);
  experiment_runner runner(experiment, all, options);
  const cell_range range = range_of(options.share, all.cells.size());
  run_summary summary;
  for (std::size_t i = range.first; i < range.last; ++i) {
    const experiment_cell& cell = all.cells[i];
    ZT_CHECK(options.conditions.goes_on(), interrupted, "stopped between two cells");
    cell_report report{i - range.first + 1, range.last - range.first, cell_label(all, cell), true, {}};
    std::optional<cell_state> state;
    report.failure = failure_in([&] { state = state_of(options.folder, cell); });
    if (!state) {
      ++summary.unreadable;
    } else if (state == cell_state::ok) {
      ++summary.there;
      for (const std::string& what : unkept(options.folder, cell, experiment.keep)) ++summary.unkept[what];
    } else if (state == cell_state::failed && !options.retry_failed) {
      ++summary.failed;
      report.failure =
          concat("failed before: ", error_of(options.folder, cell), "; --retry-failed runs it again");
    } else if (const std::optional<std::string> failure = runner.run(cell)) {
      report.skipped = false;
      report.failure = *failure;
      ++summary.run;
      summary.failed += !failure->empty();
    } else {
      ++summary.elsewhere;
    }
    options.on_cell(report);
  }
  return summary;
}

std::string cell_label(const experiment_cells& all, const experiment_cell& cell) {
  return concat(arm_label(all.arms[cell.arm].values), ", seed ", cell.seed, ", '", printable(cell.prompt, 60),
                "'", cell.repeat > 0 ? concat(", repeat ", cell.repeat) : "");
}

}  // namespace zoetrope
