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
#include "training/data_parallel.hpp"
#include "training/gradient_clipping.hpp"
#include "training/not_finite.hpp"
#include "training/run_checkpoint.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool reached(const named_scalars& wanted, const named_scalars& found) {
  for (const auto& [name, least] : wanted) {
    const auto value = found.find(name);
    if (value == found.end() || value->second < least) return false;
  }
  return !wanted.empty();
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
    const std::optional<checkpoint> latest = where_to_go_on();
    ranks.on_first([&] { log_.emplace(run.folder, latest ? std::optional(latest->step) : std::nullopt); });
    if (latest) load_run(*latest, state_, options.restore_optimizer);
  }

  named_scalars run() {
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
      ZT_CHECK(done || !request.stop, interrupted, "training: stopped by signal ", request.stop,
               " after step ", state_.step, "; its checkpoint is saved");
    }
    if (found.empty()) found = evaluate();
    if (average_) average_->swap();  // for good: what follows saves the model
    return found;
  }

 private:
  fs::path checkpoints() const { return run_.folder / "checkpoints"; }

  // The checkpoint that the run continues, looked for and checked by rank 0.
  std::optional<checkpoint> where_to_go_on() const {
    const std::string folder = ranks_.from_first([&] {
      const fs::path root = checkpoints();
      const checkpoint_search search = latest_checkpoint(root);
      for (const std::string& reason : search.skipped) note(reason);
      ZT_CHECK(run_.resume != resume_mode::none || !search.found, usage, root.string(),
               ": has checkpoints; go on from them with --resume latest, or choose another folder");
      ZT_CHECK(run_.resume != resume_mode::latest || search.found, usage, root.string(),
               ": there is no checkpoint to go on from");
      if (run_.resume == resume_mode::automatic)
        note(search.found ? concat("goes on from step ", search.found->step) : "starts from the beginning");
      return search.found
                 ? json{{"folder", search.found->folder.string()}, {"step", search.found->step}}.dump()
                 : std::string();
    });
    if (folder.empty()) return std::nullopt;
    const json found = json::parse(folder);
    return checkpoint{found.at("folder").get<std::string>(), found.at("step").get<int64_t>()};
  }

  bool checkpoint_is_due() const {
    return options_.checkpoint_every > 0 && state_.step >= options_.checkpoint_from &&
           state_.step % options_.checkpoint_every == 0;
  }

  void note(const std::string& text) const {
    if (run_.note && ranks_.is_first()) run_.note(text);
  }

  void take_step() {
    const auto begin = std::chrono::steady_clock::now();
    const int64_t step = state_.step;
    const double rate = learning_rate(options_.rate, step);
    task_.prepare(step);
    const double scale = scaler_ ? scaler_->scale() : 1.0;
    const gradient_sum sum =
        parallel_.gradients(step, options_.batch_size, options_.micro_batches, scale, workers_);
    ZT_CHECK(std::isfinite(sum.loss), numerical, "training: the loss of step ", step + 1, " is ", sum.loss,
             "; ", reason_for_loss(task_, step, options_.batch_size));
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
    throw error(error_kind::numerical, concat("training: the gradient of ", name, " at step ",
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
    return unpacked(ranks_.from_first([&] { return packed(evaluate_here()); }));
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
  run_state state_{task_.parameters(), *optimizer_, nullptr, nullptr, run_.config_hash};
};

}  // namespace

trainer_options read_trainer_options(const config& options) {
  constexpr int64_t many = int64_t{1} << 40;
  trainer_options read;
  read.steps = options.bounded("steps", read.steps, 1, many);
  read.batch_size = options.bounded("batch_size", read.batch_size, 1, 1 << 20);
  read.micro_batches = options.bounded("micro_batches", read.micro_batches, 1, read.batch_size);
  read.workers = options.bounded("workers", read.workers, 1, 256);
  read.bucket_megabytes = options.get("bucket_megabytes", read.bucket_megabytes);
  if (!(read.bucket_megabytes > 0)) throw options.at("bucket_megabytes").fail("wanted more than 0");
  read.max_grad_norm = options.get("max_grad_norm", read.max_grad_norm);
  if (!(read.max_grad_norm >= 0)) throw options.at("max_grad_norm").fail("wanted 0 or more");
  read.rate = read_learning_rate_options(options.child("learning_rate"), read.steps);
  read.optimizer = options.child("optimizer");
  make_optimizer(read.optimizer, {});  // its options are checked, and count as read
  if (options.has("ema")) read.ema = read_moving_average_options(options.at("ema"));
  if (options.get("precision", "f32") == "f16")
    read.loss_scaler = read_loss_scaler_options(options.child("loss_scaler"));
  read.log_every = options.bounded("log_every", read.log_every, 0, many);
  read.evaluate_every = options.bounded("evaluate_every", read.evaluate_every, 0, many);
  read.checkpoint_every = options.bounded("checkpoint_every", read.checkpoint_every, 0, many);
  read.checkpoint_from = options.bounded("checkpoint_from", read.checkpoint_from, 0, many);
  read.evaluate_at_start = options.get("evaluate_at_start", read.evaluate_at_start);
  read.restore_optimizer = options.get("restore_optimizer", read.restore_optimizer);
  read.keep_checkpoints = options.bounded("keep_checkpoints", read.keep_checkpoints, 1, 1 << 20);
  const config until = options.child("until");
  for (const std::string& name : until.keys()) read.until[name] = until.get<double>(name);
  return read;
}

named_scalars train(training_task& task, const trainer_options& options, const trainer_run& run) {
  communicator one_process;
  return training_loop(task, options, run, run.ranks ? *run.ranks : one_process).run();
}

}  // namespace zoetrope
