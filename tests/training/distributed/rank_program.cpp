// One rank of a training of network_task; ranks_test starts it with mpirun or by itself. Prints, on rank 0,
// the loss of each step as a hexadecimal number; the weights are in its last checkpoint.
//   rank_program FOLDER CONFIG        CONFIG is JSON: the trainer's options and
//     resume     goes on from the last checkpoint
//     timeout    seconds (60)
//     die        {"rank": r, "step": s}: kill -9 in the middle of that step
//     hang       {"rank": r, "step": s}: stops there without an end
//     fail       {"rank": r, "step": s}: an error there
//     terminate  {"rank": r, "step": s}: SIGTERM there
#include <signal.h>

#include <cstdio>

#include "core/error.hpp"
#include "tests/training/distributed/network_task.hpp"
#include "training/distributed/communicator.hpp"
#include "training/trainer.hpp"

namespace zoetrope {
namespace {

std::function<void(int64_t)> accident(const config& options, const communicator& ranks) {
  struct place {
    int64_t rank = -1, step = -1;
  };
  const auto read = [&](const char* name) {
    return options.has(name)
               ? place{options.at(name).get<int64_t>("rank"), options.at(name).get<int64_t>("step")}
               : place{};
  };
  const place die = read("die"), hang = read("hang"), fail = read("fail"), terminate = read("terminate");
  return [=, rank = ranks.rank()](int64_t step) {
    const auto here = [&](const place& at) { return at.rank == rank && at.step == step; };
    if (here(die)) ::raise(SIGKILL);
    if (here(hang)) ::raise(SIGSTOP);
    if (here(terminate)) ::raise(SIGTERM);
    ZT_CHECK(!here(fail), runtime, "rank ", rank, " cannot go on");
  };
}

void run(const std::string& folder, const config& options) {
  const auto ranks = open_communicator(options.get("timeout", 60.0));
  const bool resume = options.get("resume", false);
  network_task task;
  task.during_loss = accident(options, *ranks);
  trainer_run run{.folder = folder, .ranks = ranks.get()};
  if (resume) run.resume = resume_mode::latest;
  run.on_step = [&](const training_progress& at) {
    if (ranks->is_first()) std::printf("%ld %a %a\n", at.step, at.loss, at.gradient_norm.value());
  };
  train(task, read_trainer_options(options), run);
}

}  // namespace
}  // namespace zoetrope

int main(int count, char** arguments) {
  using namespace zoetrope;
  try {
    ZT_CHECK(count == 3, usage, "rank_program FOLDER CONFIG");
    run(arguments[1], config(json::parse(arguments[2])));
    return 0;
  } catch (const error& failure) {
    std::fprintf(stderr, "rank_program: %s\n", failure.what());
    return exit_code(failure.kind());
  }
}
