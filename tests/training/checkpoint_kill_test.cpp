// kill -9 at random points of writing loses no finished checkpoint. ZOETROPE_KILLS sets how often (20).
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

#include "tests/core/temporary_folder.hpp"
#include "tests/training/checkpoint_content.hpp"

namespace zoetrope {
namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

/// checkpoint_loop as a process that has begun, with what it says.
class running_loop {
 public:
  running_loop(const std::filesystem::path& root, int64_t first) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
    const std::string step = std::to_string(first);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(CHECKPOINT_LOOP, CHECKPOINT_LOOP, root.c_str(), step.c_str(), "2", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    said_ = ::fdopen(ends[0], "r");
    next();
  }
  ~running_loop() { ::fclose(said_); }

  /// The next step that it says, 0 once it is dead and has no more to say.
  int64_t next() {
    char line[32];
    return ::fgets(line, sizeof line, said_) ? std::stoll(line) : 0;
  }
  void kill() {
    ::kill(child_, SIGKILL);
    int status = 0;
    ::waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the loop ended by itself";
  }

 private:
  pid_t child_;
  FILE* said_;
};

/// What one checkpoint takes here: syncing does not take the same everywhere.
seconds time_of_a_checkpoint(const std::filesystem::path& root) {
  running_loop loop(root, 1);
  loop.next();
  const auto begin = clock::now();
  loop.next();
  loop.next();
  const seconds time = (clock::now() - begin) / 2;
  loop.kill();
  return time;
}

TEST(CheckpointKill, LosesNoFinishedCheckpoint) {
  const char* asked = std::getenv("ZOETROPE_KILLS");
  const int kills = asked ? std::stoi(asked) : 20;
  const temporary_folder folder;
  const std::filesystem::path root = folder / "run";
  std::mt19937 random(1);
  std::uniform_real_distribution<double> share(0, 2.5);
  const seconds time = time_of_a_checkpoint(folder / "measured");
  int64_t last = 0;
  int in_the_middle = 0, after_some = 0;
  // More where none has fallen into a writing, or none behind one: a busy machine stretches both.
  const auto unlucky = [&] { return in_the_middle == 0 || after_some == 0; };
  for (int i = 0; i < kills || (unlucky() && i < 20 * kills); ++i) {
    running_loop loop(root, std::max<int64_t>(last, 1));  // the last one again: it is replaced
    std::this_thread::sleep_for(time * share(random));
    loop.kill();
    int64_t said = 0;
    for (int64_t step; (step = loop.next()) > 0;) said = step;
    last = std::max(last, said);

    const checkpoint_search search = latest_checkpoint(root);
    for (const std::string& reason : search.skipped) EXPECT_TRUE(mentions(reason, ".part: was not finished"));
    for (const int64_t step : {last, last + 1})
      in_the_middle += std::filesystem::exists(unfinished_checkpoint(root, step));
    after_some += said > 0;
    if (last == 0 && !search.found) continue;
    ASSERT_TRUE(search.found) << "after kill " << i << " at step " << last;
    // One whose commit had done its work but had not yet returned may be there.
    ASSERT_GE(search.found->step, last);
    ASSERT_LE(search.found->step, last + 1);
    last = search.found->step;
    EXPECT_EQ(bytes_of(search.found->folder / "unet/weights.bin"), checkpoint_weights(last));
    EXPECT_EQ(bytes_of(search.found->folder / "step.txt"), std::to_string(last));
  }
  RecordProperty("in_the_middle", in_the_middle);
  RecordProperty("after_some", after_some);
  EXPECT_GT(in_the_middle, 0) << "no kill fell into the writing of a checkpoint";
  EXPECT_GT(after_some, 0) << "no checkpoint was finished before a kill";
}

}  // namespace
}  // namespace zoetrope
