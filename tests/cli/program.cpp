// See program.hpp.
#include "tests/cli/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void become_program(const program_call& call, const fs::path& out, const fs::path& err) {
  std::vector<char*> arguments{const_cast<char*>(ZOETROPE_PROGRAM)};
  for (const std::string& argument : call.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  // Small models gain nothing from threads, and several tests run side by side.
  setenv("OMP_NUM_THREADS", "1", 1);
  for (const std::string& variable : call.environment) putenv(const_cast<char*>(variable.c_str()));
  dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  if (!call.folder.empty() && chdir(call.folder.c_str()) != 0) _exit(126);
  if (const rlimit most{call.address_space, call.address_space};
      call.address_space > 0 && setrlimit(RLIMIT_AS, &most) != 0)
    _exit(125);
  execv(ZOETROPE_PROGRAM, arguments.data());
  _exit(127);
}

}  // namespace

program_result run(const program_call& call) {
  const temporary_folder streams;
  const fs::path out = streams / "out", err = streams / "err";
  const pid_t child = fork();
  if (child == 0) become_program(call, out, err);
  int status = 0;
  rusage used{};
  if (call.signal) {
    while (wait4(child, &status, WNOHANG, &used) == 0) {
      if (bytes_of(err).find(call.signal_after) != std::string::npos) {
        kill(child, call.signal);
        wait4(child, &status, 0, &used);
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  } else {
    wait4(child, &status, 0, &used);
  }
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), bytes_of(out), bytes_of(err),
          used.ru_maxrss * 1024};
}

gif_summary read_gif(const fs::path& file) {
  const std::string bytes = bytes_of(file);
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes.at(at)); };
  const auto word = [&](std::size_t at) { return byte(at) | byte(at + 1) << 8; };
  const auto table = [](int flags) { return flags & 0x80 ? 3u << ((flags & 7) + 1) : 0u; };
  if (bytes.substr(0, 6) != "GIF89a") throw std::runtime_error("not a GIF89a file");
  gif_summary gif{word(6), word(8)};
  std::size_t at = 13 + table(byte(10));
  const auto skip_blocks = [&] {
    while (byte(at) != 0) at += byte(at) + 1;
    ++at;
  };
  int delay = 0;
  while (byte(at) != 0x3B) {
    if (byte(at) == 0x2C) {
      gif.delays.push_back(delay);
      at += 10 + table(byte(at + 9)) + 1;  // descriptor, colours, code size
    } else {
      if (byte(at + 1) == 0xF9) delay = word(at + 4);
      if (byte(at + 1) == 0xFF) gif.loops = gif.loops || bytes.substr(at + 3, 11) == "NETSCAPE2.0";
      at += 2;
    }
    skip_blocks();
  }
  return gif;
}

}  // namespace zoetrope
