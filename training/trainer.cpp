// See trainer.hpp.
#include "training/trainer.hpp"
#include "training/train_log.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/names.hpp"
#include "training/data_parallel.hpp"
#include "training/gradient_clipping.hpp"
#include "training/not_finite.hpp"
#include "training/run_checkpoint.hpp"
#include "training/run_start.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Numbers as text that loses nothing, NaN and infinity included.
std::string packed(const named_scalars& scalars) {
  json bits = json::object();
  for (const auto& [name, value] : scalars) bits[name] = std::bit_cast<uint64_t>(value);
  return bits.dump();
}

named_scalars unpacked(const std::string& text) {
  named_scalars scalars;
  const json all = json::parse(text);
  for (const auto& [name, bits] : all.items()) scalars[name] = std::bit_cast<double>(bits.get<uint64_t>());
  return scalars;
}

std::string not_measured(const std::string& name, const named_scalars& found) {
  std::vector<std::string> measured;
  for (const auto& [each, value] : found) measured.push_back(each);
  return concat("training: nothing measures '", printable(name), "', which until or require names; measured ",
                measured.empty() ? "is nothing: that takes validation clips" : "are " + joined(measured));
}

// What is asked of any rank is asked of all.
struct agreed_request {
  bool save;
  int stop;  // the signal
};

agreed_request agree(stop_request& asked, communicator& ranks) {
  const bool save = asked.save();
  agreed_request all{false, 0};
  for (const std::vector<double>& each :
       ranks.gather({static_cast<double>(save), static_cast<double>(asked.stop())})) {
    all.save |= each[0] != 0;
    all.stop = std::max(all.stop, static_cast<int>(each[1]));
  }
  return all;
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
    ranks.on_first([&] {
      log_.emplace(run.folder, latest ? std::optional(latest->step) : std::nullopt);
      for (const auto& [tag, text] : run.texts) log_->text(tag, state_.step, text);
    });
    if (run.on_begin) run.on_begin();
  }

  training_end run() {
    stop_request asked;
    named_scalars found;
    if (options_.evaluate_at_start && state_.step == 0) evaluate();
    while (!state_.satisfied && state_.step < options_.steps) {
      take_step();
      const bool last = state_.step == options_.steps;
      if (options_.evaluate_every > 0 && (state_.step % options_.evaluate_every == 0 || last)) {
        found = evaluate();
        state_.satisfied = reached(options_.until, found);
      }
      const bool done = last || state_.satisfied;
      const agreed_request request = agree(asked, ranks_);
      if (done || request.save || checkpoint_is_due()) save();
      if (request.stop && !done)
        throw shared_error(error_kind::interrupted,
                           concat("training: stopped by signal ", request.stop, " after step ", state_.step,
                                  "; its checkpoint is saved"));
    }
    if (found.empty()) found = evaluate();
    expect_required(found);
    if (average_) average_->swap();  // for good: what follows saves the model
    return {state_.step, state_.satisfied, found};
  }

 private:
  fs::path checkpoints() const { return run_.folder / "checkpoints"; }

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
    double norm = 0;
    if (usable) {
      norm = gradient_norm();
      if (options_.max_grad_norm > 0) clip_gradients(parallel_.owned(), norm, options_.max_grad_norm);
      optimizer_->step(rate);
      parallel_.share_values();
      if (average_) average_->update();
    }
    if (scaler_) scaler_->update(usable);
    ++state_.step;
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
    throw shared_error(error_kind::numerical, concat("training: the gradient of ", name, " at step ",
                                                     state_.step + 1, " holds a NaN or infinity"));
  }

  void log(const training_progress& progress, const named_scalars& terms) {
    log_->scalar("loss", state_.step, progress.loss);
    for (const auto& [name, value] : terms) log_->scalar(name, state_.step, value);
    log_->scalar("learning_rate", state_.step, progress.learning_rate);
    log_->scalar("gradient_norm", state_.step, progress.gradient_norm);
    log_->scalar("seconds_per_step", state_.step, progress.seconds);
  }

  named_scalars evaluate() {
    const named_scalars found = unpacked(ranks_.from_first([&] { return packed(evaluate_here()); }));
    for (const named_scalars* wanted : {&options_.until, &options_.require})
      for (const auto& [name, least] : *wanted)
        if (!found.count(name)) fail_with_checkpoint(error_kind::usage, not_measured(name, found));
    return found;
  }

  void expect_required(const named_scalars& found) {
    for (const auto& [name, least] : options_.require)
      if (!(found.at(name) >= least))
        fail_with_checkpoint(error_kind::runtime, concat("training: ends with ", name, " at ", found.at(name),
                                                         ", wanted ", least));
  }

  // What is wrong can be put right in the config: nothing that was trained is lost.
  [[noreturn]] void fail_with_checkpoint(error_kind kind, const std::string& message) {
    if (state_.step == 0) throw shared_error(kind, message);
    save();
    throw shared_error(kind, concat(message, "; what was trained is in ",
                                    finished_checkpoint(checkpoints(), state_.step).string(),
                                    ", from where --resume latest goes on"));
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
  }

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
  run_state state_{task_.parameters(), *optimizer_, nullptr, nullptr, run_.settings, run_.origin};
};

}  // namespace

training_end train(training_task& task, const trainer_options& options, const trainer_run& run) {
  communicator one_process;
  return training_loop(task, options, run, run.ranks ? *run.ranks : one_process).run();
}

}  // namespace zoetrope
