// See trainer.hpp.
#include "training/trainer.hpp"
#include "training/train_log.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <chrono>
#include <cmath>

#include "core/error.hpp"
#include "core/io/atomic_file.hpp"
#include "training/checkpoint.hpp"
#include "training/gradient_clipping.hpp"
#include "training/loss_scaler.hpp"
#include "training/optimizer.hpp"
#include "training/step_gradients.hpp"
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

std::string not_finite(const trained_parameters& parameters) {
  for (const trained_parameter& each : parameters)
    if (!at::isfinite(each.tensor.grad()).all().item<bool>()) return each.name;
  return "all parameters together";
}

class training_loop {
 public:
  training_loop(training_task& task, const trainer_options& options, const trainer_run& run)
      : task_(task),
        options_(options),
        run_(run),
        optimizer_(make_optimizer(options.optimizer, task.parameters())),
        workers_(static_cast<int>(options.workers), 1),
        log_(run.folder, resumed_step()) {
    if (options.ema) average_.emplace(*options.ema, task.parameters());
    if (options.scale_loss) scaler_.emplace();
    if (latest_) load(*latest_);
  }

  named_scalars run() {
    stop_request asked;
    named_scalars found;
    if (options_.evaluate_at_start && step_ == 0) evaluate();
    while (!satisfied_ && step_ < options_.steps) {
      take_step();
      const bool last = step_ == options_.steps;
      if (options_.evaluate_every > 0 && (step_ % options_.evaluate_every == 0 || last)) {
        found = evaluate();
        satisfied_ = reached(options_.until, found);
      }
      const bool done = last || satisfied_, save_asked = asked.save();
      if (done || save_asked || checkpoint_is_due()) save();
      ZT_CHECK(done || !asked.stop(), interrupted, "training: stopped by signal ", asked.stop(),
               " after step ", step_, "; its checkpoint is saved");
    }
    if (found.empty()) found = evaluate();
    if (average_) average_->swap();  // for good: what follows saves the model
    return found;
  }

 private:
  // Where the log is to go on: the step of the checkpoint that the run continues.
  std::optional<int64_t> resumed_step() {
    const fs::path root = run_.folder / "checkpoints";
    const checkpoint_search search = latest_checkpoint(root);
    for (const std::string& reason : search.skipped) note(reason);
    ZT_CHECK(run_.resume != resume_mode::none || !search.found, usage, root.string(),
             ": has checkpoints; go on from them with --resume latest, or choose another folder");
    ZT_CHECK(run_.resume != resume_mode::latest || search.found, usage, root.string(),
             ": there is no checkpoint to go on from");
    if (run_.resume == resume_mode::automatic)
      note(search.found ? concat("goes on from step ", search.found->step) : "starts from the beginning");
    latest_ = search.found;
    return latest_ ? std::optional(latest_->step) : std::nullopt;
  }

  bool checkpoint_is_due() const {
    return options_.checkpoint_every > 0 && step_ >= options_.checkpoint_from &&
           step_ % options_.checkpoint_every == 0;
  }

  void note(const std::string& text) const {
    if (run_.note) run_.note(text);
  }

  void take_step() {
    const auto begin = std::chrono::steady_clock::now();
    const double rate = learning_rate(options_.rate, step_);
    task_.prepare(step_);
    const double scale = scaler_ ? scaler_->scale() : 1.0;
    const gradient_sum sum = accumulate_gradients(task_, {step_, 0, options_.batch_size, options_.batch_size},
                                                  options_.micro_batches, scale, workers_);
    ZT_CHECK(std::isfinite(sum.loss), numerical, "training: the loss of step ", step_, " is ", sum.loss);
    const bool usable = !scaler_ || scaler_->unscale(task_.parameters());
    double norm = 0;
    if (usable) {
      norm = std::sqrt(sum_of_squares(task_.parameters()));
      ZT_CHECK(std::isfinite(norm), numerical, "training: the gradient of ", not_finite(task_.parameters()),
               " at step ", step_, " holds a NaN or infinity");
      if (options_.max_grad_norm > 0) clip_gradients(task_.parameters(), norm, options_.max_grad_norm);
      optimizer_->step(rate);
      if (average_) average_->update();
    }
    if (scaler_) scaler_->update(usable);
    ++step_;
    const training_progress progress{step_, options_.steps, sum.loss, rate, norm, seconds_since(begin)};
    if (options_.log_every > 0 && step_ % options_.log_every == 0) log(progress, sum.terms);
    if (run_.on_step) run_.on_step(progress);
  }

  void log(const training_progress& progress, const named_scalars& terms) {
    log_.scalar("loss", step_, progress.loss);
    for (const auto& [name, value] : terms) log_.scalar(name, step_, value);
    log_.scalar("learning_rate", step_, progress.learning_rate);
    log_.scalar("gradient_norm", step_, progress.gradient_norm);
    log_.scalar("seconds_per_step", step_, progress.seconds);
  }

  named_scalars evaluate() {
    std::optional<averaged_weights> averaged;
    if (average_) averaged.emplace(*average_);
    task_.prepare(step_);
    const named_scalars found = task_.evaluate(step_, log_);
    std::string line = concat("step ", step_, ":");
    for (const auto& [name, value] : found) {
      log_.scalar(name, step_, value);
      line += concat(" ", name, " ", value);
    }
    if (!found.empty()) note(line);
    return found;
  }

  void save() {
    tensor_map weights;
    for (const trained_parameter& each : task_.parameters()) weights.emplace(each.name, each.tensor.detach());
    log_.save();
    checkpoint_writer writer(run_.folder / "checkpoints", step_);
    save_tensors(writer.path("weights.safetensors"), weights);
    save_tensors(writer.path("optimizer.safetensors"), optimizer_->state());
    if (average_) save_tensors(writer.path("average.safetensors"), average_->state());
    json state = {{"step", step_}, {"satisfied", satisfied_}, {"config_hash", run_.config_hash}};
    if (scaler_) state["loss_scaler"] = scaler_->state();
    write_text_file(writer.path("state.json"), state.dump(2) + "\n");
    writer.commit(static_cast<std::size_t>(options_.keep_checkpoints));
  }

  void load(const checkpoint& from) {
    const auto tensors = [&](const char* name) { return load_tensors(from.folder / name); };
    const config state = config::load(from.folder / "state.json");
    const std::string hash = state.get<std::string>("config_hash");
    ZT_CHECK(
        hash == run_.config_hash, usage, from.folder.string(),
        ": is of another configuration; only steps, log, evaluation and checkpoint intervals may differ");
    const c10::NoGradGuard no_gradient;
    const tensor_map weights = tensors("weights.safetensors");
    for (const trained_parameter& each : task_.parameters()) {
      const auto stored = weights.find(each.name);
      ZT_CHECK(stored != weights.end() && stored->second.sizes() == each.tensor.sizes(), bad_input,
               from.folder.string(), ": has no ", each.name, " of this shape");
      each.tensor.detach().copy_(stored->second);
    }
    if (options_.restore_optimizer) optimizer_->load(tensors("optimizer.safetensors"));
    if (average_) average_->load(tensors("average.safetensors"));
    if (scaler_) scaler_->load(state.at("loss_scaler").value());
    step_ = from.step;
    satisfied_ = state.get<bool>("satisfied");
  }

  training_task& task_;
  const trainer_options& options_;
  const trainer_run& run_;
  std::optional<checkpoint> latest_;
  std::unique_ptr<optimizer> optimizer_;
  std::optional<moving_average> average_;
  std::optional<loss_scaler> scaler_;
  worker_pool workers_;
  train_log log_;
  int64_t step_ = 0;
  bool satisfied_ = false;  // what `until` asks for is reached
};

}  // namespace

trainer_options read_trainer_options(const config& options) {
  constexpr int64_t many = int64_t{1} << 40;
  trainer_options read;
  read.steps = options.bounded("steps", read.steps, 1, many);
  read.batch_size = options.bounded("batch_size", read.batch_size, 1, 1 << 20);
  read.micro_batches = options.bounded("micro_batches", read.micro_batches, 1, read.batch_size);
  read.workers = options.bounded("workers", read.workers, 1, 256);
  read.max_grad_norm = options.get("max_grad_norm", read.max_grad_norm);
  if (!(read.max_grad_norm >= 0)) throw options.at("max_grad_norm").fail("wanted 0 or more");
  read.rate = read_learning_rate_options(options.child("learning_rate"), read.steps);
  read.optimizer = options.child("optimizer");
  make_optimizer(read.optimizer, {});  // its options are checked, and count as read
  if (options.has("ema")) read.ema = read_moving_average_options(options.at("ema"));
  read.scale_loss = options.get("precision", "f32") == std::string("f16");
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
  return training_loop(task, options, run).run();
}

}  // namespace zoetrope
