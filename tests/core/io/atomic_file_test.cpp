#include "core/io/atomic_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <optional>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

std::size_t files_in(const temporary_folder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

// Files may not grow beyond this many bytes: writes fail as on a full disk.
class full_disk {
 public:
  explicit full_disk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_;
  void (*handler_)(int);
};

TEST(AtomicFile, AppearsWholeAtCommitAndNotBefore) {
  const temporary_folder folder;
  const auto file = folder.put("a.txt", "old");
  {
    atomic_file output(file);
    EXPECT_EQ(output.part_path(), folder / "a.part.txt");
    output.write(std::as_bytes(std::span(std::string_view("new "))));
    output.write(std::as_bytes(std::span(std::string_view("text"))));
    EXPECT_EQ(bytes_of(file), "old");
    output.commit();
    EXPECT_EQ(bytes_of(file), "new text");
  }
  EXPECT_EQ(bytes_of(file), "new text");
  EXPECT_EQ(files_in(folder), 1u);
}

TEST(AtomicFile, WithoutCommitTheOldFileStaysAndNoPartIsLeft) {
  const temporary_folder folder;
  const auto file = folder.put("a.txt", "old");
  { atomic_file(file).write(std::as_bytes(std::span(std::string_view("half")))); }
  EXPECT_EQ(bytes_of(file), "old");
  EXPECT_EQ(files_in(folder), 1u);
}

TEST(AtomicFile, OnAFullDiskTheOldFileStaysAndNoPartIsLeft) {
  const temporary_folder folder;
  const auto file = folder.put("a.txt", "old");
  std::string failure;
  {
    const full_disk limit(10'000);
    failure = failure_of([&] { write_text_file(file, std::string(100'000, 'x')); });
  }
  EXPECT_TRUE(mentions(failure, "runtime: "));
  EXPECT_TRUE(mentions(failure, "a.txt: cannot be written: File too large"));
  EXPECT_EQ(bytes_of(file), "old");
  EXPECT_EQ(files_in(folder), 1u);
}

TEST(AtomicFile, AnotherWriterMayFillThePartByItsName) {
  const temporary_folder folder;
  atomic_file output(folder / "clip.gif");
  folder.put("clip.part.gif", "frames");
  output.commit();
  EXPECT_EQ(bytes_of(folder / "clip.gif"), "frames");
}

TEST(AtomicFile, APartLeftByAKilledRunIsTakenOver) {
  const temporary_folder folder;
  folder.put("a.part.txt", "left behind, and longer than what comes");
  write_text_file(folder / "a.txt", "short");
  EXPECT_EQ(bytes_of(folder / "a.txt"), "short");
  EXPECT_EQ(files_in(folder), 1u);
}

TEST(AtomicFile, WhetherSomebodyIsAtItCanBeAsked) {
  const temporary_folder folder;
  EXPECT_FALSE(is_being_written(folder / "a.txt"));
  {
    const atomic_file file(folder / "a.txt");
    EXPECT_TRUE(is_being_written(folder / "a.txt"));
  }
  EXPECT_FALSE(is_being_written(folder / "a.txt"));
  folder.put("a.part.txt", "of a killed run");
  EXPECT_FALSE(is_being_written(folder / "a.txt"));
}

TEST(AtomicFile, TwoWritersOfOneNameCannotMixTheirBytes) {
  const temporary_folder folder;
  std::optional<atomic_file> first(std::in_place, folder / "a.txt");
  EXPECT_TRUE(
      mentions(failure_of([&] { atomic_file second(folder / "a.txt"); }), "another run is writing it"));
  first->write(std::as_bytes(std::span(std::string_view("first"))));
  first->commit();
  first.reset();
  EXPECT_EQ(bytes_of(folder / "a.txt"), "first");
  EXPECT_EQ(failure_of([&] { write_text_file(folder / "a.txt", "second"); }), "no error");
}

TEST(AtomicFile, WhereItCannotBeWrittenIsSaidAtOnce) {
  const temporary_folder folder;
  const auto start = [&](const std::filesystem::path& file) {
    return failure_of([&] { atomic_file output(file); });
  };
  EXPECT_TRUE(mentions(start(folder / "none/a.txt"), "runtime: "));
  EXPECT_TRUE(mentions(start(folder / "none/a.txt"), "cannot be written: No such file or directory"));
  folder.put("file", "");
  EXPECT_TRUE(mentions(start(folder / "file/a.txt"), "cannot be written: Not a directory"));
  EXPECT_TRUE(mentions(start(folder.path()), "it is a folder"));
  EXPECT_TRUE(mentions(start("/dev/null"), "not a regular file"));
  EXPECT_TRUE(mentions(start("/proc/a.txt"), "cannot be written: "));
  EXPECT_TRUE(mentions(start(""), "cannot be written: no file name"));
  ASSERT_EQ(::mkfifo((folder / "b.part.txt").c_str(), 0600), 0);
  EXPECT_TRUE(mentions(start(folder / "b.txt"), "b.part.txt: cannot be written"));
  if (::geteuid() != 0) {
    std::filesystem::permissions(folder.path(),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_TRUE(mentions(start(folder / "a.txt"), "Permission denied"));
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  }
}

TEST(AtomicFile, TheFileBehindALinkIsReplacedNotTheLink) {
  const temporary_folder folder;
  folder.put("real.txt", "old");
  std::filesystem::create_symlink("real.txt", folder / "link.txt");
  write_text_file(folder / "link.txt", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.txt"));
  EXPECT_EQ(bytes_of(folder / "real.txt"), "new");
}

}  // namespace
}  // namespace zoetrope
