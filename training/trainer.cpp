// See trainer.hpp.
#include "training/trainer.hpp"
#include "training/train_log.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "training/agreed_request.hpp"
#include "training/data_parallel.hpp"
#include "training/gradient_clipping.hpp"
#include "training/not_finite.hpp"
#include "training/run_checkpoint.hpp"
#include "training/run_start.hpp"
#include "training/shared_scalars.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A GPU works on one micro-batch at a time.
int worker_count(const training_task& task, int64_t wanted) {
  const trained_parameters& parameters = task.parameters();
  return parameters.empty() || parameters.front().tensor.is_cpu() ? static_cast<int>(wanted) : 1;
}

class training_loop {
 public:
  training_loop(training_task& task, const trainer_options& options, const trainer_run& run,
                communicator& ranks)
      : task_(task),
        options_(options),
        run_(run),
        ranks_(ranks),
        parallel_(task, ranks, static_cast<int64_t>(options.bucket_megabytes * 1e6)),
        optimizer_(make_optimizer(options.optimizer, parallel_.owned())),
        workers_(worker_count(task, options.workers), 1) {
    if (options.ema) state_.average = &average_.emplace(*options.ema, task.parameters());
    if (options.loss_scaler) state_.scaler = &scaler_.emplace(*options.loss_scaler);
    const std::optional<checkpoint> latest = checkpoint_to_go_on_from(run, options.steps, ranks);
    if (latest) tell_of_schedule(load_run(*latest, state_, options.restore_optimizer));
    saved_ = latest.has_value();
    ranks.on_first([&] {
      log_.emplace(run.folder, latest ? std::optional(latest->step) : std::nullopt);
      for (const auto& [tag, text] : run.texts) log_->text(tag, state_.step, text);
    });
    task.on_piece = [this] {
      ZT_CHECK(!asked_.pending(), interrupted, "training: a look from outside was cut short");
    };
    if (run.on_begin) run.on_begin();
  }
  ~training_loop() {
    task_.on_piece = [] {};
  }

  training_end run() {
    state_.look_due |= options_.evaluate_at_start && state_.step == 0;
    if (state_.look_due && !ended()) look();  // of the start, or cut short before
    if (!ended()) expect_not_stopped(asked_, ranks_, concat("before step ", state_.step + 1));
    named_scalars found;
    while (!ended()) {
      take_step();
      state_.look_due = look_is_due();
      if (state_.look_due) found = look();
      answer(agree(asked_, ranks_));
    }
    expect_steps_taken();
    if (found.empty()) found = look();
    expect_required(found);
    if (average_) average_->swap();  // for good: what follows saves the model
    return {state_.step, state_.satisfied, found};
  }

 private:
  fs::path checkpoints() const { return run_.folder / "checkpoints"; }

  bool ended() const { return state_.satisfied || state_.step == options_.steps; }

  bool look_is_due() const {
    return options_.evaluate_every > 0 &&
           (state_.step % options_.evaluate_every == 0 || state_.step == options_.steps);
  }

  bool checkpoint_is_due() const {
    return options_.checkpoint_every > 0 && state_.step >= options_.checkpoint_from &&
           state_.step % options_.checkpoint_every == 0;
  }

  void note(const std::string& text) const {
    if (run_.note && ranks_.is_first()) run_.note(text);
  }

  // More steps stretch it: a run that has so many from its beginning takes other rates up to here.
  void tell_of_schedule(const json& before) const {
    const int64_t planned = before.value("steps", options_.steps);
    if (planned != options_.steps && depends_on_steps(options_.rate))
      note(concat("learning_rate: the schedule was of ", planned, " steps up to here and is of ",
                  options_.steps, " from here on: another training than one of ", options_.steps,
                  " steps from its beginning"));
  }

  void take_step() {
    const auto begin = std::chrono::steady_clock::now();
    const int64_t step = state_.step;
    const double rate = learning_rate(options_.rate, step);
    task_.prepare(step);
    const double scale = scaler_ ? scaler_->scale() : 1.0;
    const gradient_sum sum =
        parallel_.gradients(step, options_.batch_size, options_.micro_batches, scale, workers_);
    if (!std::isfinite(sum.loss))
      throw shared_error(error_kind::numerical,
                         concat("training: the loss of step ", step + 1, " is ", sum.loss, "; ",
                                reason_for_loss(task_, step, options_.batch_size)));
    const bool usable = !scaler_ || ranks_.greatest(!scaler_->unscale(parallel_.owned())) == 0;
    std::optional<double> norm;
    if (usable) {
      norm = gradient_norm();
      if (options_.max_grad_norm > 0) clip_gradients(parallel_.owned(), *norm, options_.max_grad_norm);
      optimizer_->step(rate);
      parallel_.share_values();
      if (average_) average_->update();
    }
    if (scaler_) scaler_->update(usable);
    if (scaler_ && scaler_->is_exhausted()) gradient_norm();  // says whose gradient it is
    ++state_.step;
    saved_ = false;
    const training_progress progress{state_.step, options_.steps, sum.loss, rate, norm, seconds_since(begin)};
    if (log_ && options_.log_every > 0 && state_.step % options_.log_every == 0) log(progress, sum.terms);
    if (run_.on_step) run_.on_step(progress);
  }

  double gradient_norm() const {
    const std::vector<double> squares = parallel_.squares();
    const double norm = std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
    if (std::isfinite(norm)) return norm;
    const auto first =
        std::find_if(squares.begin(), squares.end(), [](double x) { return !std::isfinite(x); });
    const std::string name = first == squares.end()
                                 ? "all parameters together"
                                 : task_.parameters()[static_cast<std::size_t>(first - squares.begin())].name;
    throw shared_error(
        error_kind::numerical,
        concat("training: the gradient of ", name, " at step ", state_.step + 1, " holds a NaN or infinity",
               scaler_ ? concat(", with the loss scaled by ", scaler_->scale()) : ""));
  }

  void log(const training_progress& progress, const named_scalars& terms) {
    log_->scalar("loss", state_.step, progress.loss);
    for (const auto& [name, value] : terms) log_->scalar(name, state_.step, value);
    log_->scalar("learning_rate", state_.step, progress.learning_rate);
    if (progress.gradient_norm) log_->scalar("gradient_norm", state_.step, *progress.gradient_norm);
    if (scaler_) {
      log_->scalar("loss_scale", state_.step, scaler_->scale());
      log_->scalar("skipped_steps", state_.step, static_cast<double>(scaler_->skipped_steps()));
    }
    log_->scalar("seconds_per_step", state_.step, progress.seconds);
  }

  void answer(const agreed_request& request) {
    if (ended() || request.save || checkpoint_is_due()) save();
    if (request.stop && !ended()) throw stopped(request.stop);
  }

  shared_error stopped(int signal) const {
    return {error_kind::interrupted,
            stopped_by(signal, concat("after step ", state_.step, "; its checkpoint is saved"))};
  }

  // A signal cuts a look short, which may take longer than the time that is left. The checkpoint says that the
  // look is due, so that what goes on ends where an uninterrupted run would have.
  named_scalars look() {
    for (;;) try {
        const named_scalars found = evaluate();
        if (state_.look_due && state_.step > 0) state_.satisfied = reached(options_.until, found);
        state_.look_due = false;
        return found;
      } catch (const error& cut) {
        if (cut.kind() != error_kind::interrupted) throw;
        const agreed_request request = agree(asked_, ranks_);
        if (!request.save) throw;
        if (!saved_) save();
        if (request.stop) throw stopped(request.stop);
      }
  }

  named_scalars evaluate() {
    return scalars_from_first(ranks_, [&] { return evaluate_here(); });
  }

  void expect_steps_taken() {
    if (!scaler_ || scaler_->skipped_steps() == 0) return;
    const std::string skipped = concat(scaler_->skipped_steps(), " of ", state_.step,
                                       " steps were skipped: their gradients were not finite in f16");
    if (scaler_->skipped_steps() < state_.step) return note(skipped);
    throw shared_error(
        error_kind::numerical,
        concat("training: ", skipped, "; begin with a smaller loss_scaler.init_scale, or take bf16"));
  }

  void expect_required(const named_scalars& found) {
    for (const auto& [name, least] : options_.require) {
      const auto value = found.find(name);
      if (value != found.end() && value->second >= least) continue;
      throw shared_error(
          error_kind::runtime,
          concat("training: ends with ", name, " at ",
                 value == found.end() ? "no value" : concat(value->second), ", wanted ", least,
                 "; what was trained is in ", finished_checkpoint(checkpoints(), state_.step).string(),
                 ", from where --resume latest goes on"));
    }
  }

  named_scalars evaluate_here() {
    std::optional<averaged_weights> averaged;
    if (average_) averaged.emplace(*average_);
    task_.prepare(state_.step);
    const named_scalars found = task_.evaluate(state_.step, *log_);
    std::string line = concat("step ", state_.step, ":");
    for (const auto& [name, value] : found) {
      log_->scalar(name, state_.step, value);
      line += concat(" ", name, " ", value);
    }
    if (!found.empty()) note(line);
    return found;
  }

  void save() {
    ranks_.on_first([&] { log_->save(); });
    save_run(checkpoints(), state_, options_.keep_checkpoints, ranks_);
    saved_ = true;
  }

  stop_request asked_;
  training_task& task_;
  const trainer_options& options_;
  const trainer_run& run_;
  communicator& ranks_;
  data_parallel parallel_;
  std::unique_ptr<optimizer> optimizer_;
  std::optional<moving_average> average_;
  std::optional<loss_scaler> scaler_;
  worker_pool workers_;
  std::optional<train_log> log_;  // rank 0's
  bool saved_ = false;            // there is a checkpoint of this step
  run_state state_{task_.parameters(), *optimizer_, nullptr, nullptr, run_.settings, run_.origin};
};

}  // namespace

training_end train(training_task& task, const trainer_options& options, const trainer_run& run) {
  communicator one_process;
  for (const named_scalars* wanted : {&options.until, &options.require}) {
    const std::string wrong = not_measured(*wanted, task);
    if (!wrong.empty()) throw shared_error(error_kind::usage, "training: " + wrong);
  }
  return training_loop(task, options, run, run.ranks ? *run.ranks : one_process).run();
}

}  // namespace zoetrope
