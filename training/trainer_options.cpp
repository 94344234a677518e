// See trainer_options.hpp.
#include "training/trainer_options.hpp"

#include <algorithm>

#include "core/name_messages.hpp"
#include "training/optimizer.hpp"

namespace zoetrope {

namespace {

named_scalars read_scalars(const config& options, const char* key) {
  named_scalars read;
  const config node = options.child(key);
  for (const std::string& name : node.keys()) read[name] = node.get<double>(name);
  return read;
}

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
  read.until = read_scalars(options, "until");
  read.require = read_scalars(options, "require");
  if (!read.until.empty() && read.evaluate_every == 0)
    throw options.at("until").fail("nothing looks whether it is reached; give evaluate_every, too");
  return read;
}

bool reached(const named_scalars& wanted, const named_scalars& found) {
  for (const auto& [name, least] : wanted) {
    const auto value = found.find(name);
    if (value == found.end() || !(value->second >= least)) return false;
  }
  return !wanted.empty();
}

std::string not_measured(const named_scalars& wanted, const training_task& task) {
  if (wanted.empty()) return "";
  const std::vector<std::string> measured = task.measures();
  for (const auto& [name, least] : wanted)
    if (std::find(measured.begin(), measured.end(), name) == measured.end())
      return concat("nothing measures '", printable(name), "'", did_you_mean(name, measured), " (measured ",
                    measured.empty() ? "is nothing" : "are " + joined(measured), ")");
  return "";
}

}  // namespace zoetrope
