// See checkpoint.hpp.
#include "training/checkpoint.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "core/config.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/sha256.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

constexpr const char *manifest_name = "manifest.json", *prefix = "step-", *unfinished = ".part";

/// The step that a folder's name tells, whether finished or not.
std::optional<int64_t> step_of(const fs::path& folder) {
  const std::string name = folder.stem().string();
  const std::size_t begin = std::strlen(prefix);
  if (name.rfind(prefix, 0) != 0 || name.size() == begin || name.size() > begin + 18) return {};
  if (!std::all_of(name.begin() + static_cast<std::ptrdiff_t>(begin), name.end(),
                   [](char c) { return c >= '0' && c <= '9'; }))
    return {};
  return std::stoll(name.substr(begin));
}

/// All checkpoints, finished or not, latest step first.
std::vector<checkpoint> checkpoints_in(const fs::path& root) {
  std::vector<checkpoint> all;
  std::error_code reason;
  const fs::directory_iterator entries(root, reason);
  ZT_CHECK(!reason || reason == std::errc::no_such_file_or_directory, bad_input, printable(root.string()),
           ": cannot be read: ", reason.message());
  for (const auto& entry : entries)
    if (const auto step = step_of(entry.path()); step && entry.is_directory()) {
      const std::string extension = entry.path().extension().string();
      if (extension.empty() || extension == unfinished) all.push_back({entry.path(), *step});
    }
  std::sort(all.begin(), all.end(), [](const checkpoint& a, const checkpoint& b) {
    return a.step != b.step ? a.step > b.step : a.folder < b.folder;
  });
  return all;
}

bool is_finished(const checkpoint& one) { return one.folder.extension() != unfinished; }

/// Files below `folder` but for the manifest, by their names in it. Links are not followed.
std::map<std::string, fs::path> files_of(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.symlink_status().type() == fs::file_type::regular)
      files[entry.path().lexically_relative(folder).generic_string()] = entry.path();
  files.erase(manifest_name);
  return files;
}

/// Lets the next read come from the disk and not from memory (where the system heeds that).
void forget_cached(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
}

void write_manifest(const fs::path& folder, int64_t step) {
  json files = json::object();
  for (const auto& [name, file] : files_of(folder)) {
    sync_to_disk(file);
    files[name] = {{"size", fs::file_size(file)}, {"sha256", sha256_of_file(file)}};
    forget_cached(file);
  }
  const json manifest{{"format", "zoetrope-checkpoint"}, {"version", 1}, {"step", step}, {"files", files}};
  write_text_file(folder / manifest_name, manifest.dump(2) + "\n");
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_directory()) sync_to_disk(entry.path());
  sync_to_disk(folder);
}

/// The step that the manifest tells, once every file is as it says.
int64_t verified_step(const fs::path& folder) {
  ZT_CHECK(fs::is_regular_file(folder / manifest_name), bad_input, "no ", manifest_name);
  const config manifest = config::load(folder / manifest_name);
  const auto format = manifest.get<std::string>("format");
  const auto version = manifest.get<int64_t>("version");
  ZT_CHECK(format == "zoetrope-checkpoint" && version == 1, bad_input, "got format ", printable(format),
           " version ", version, ", wanted zoetrope-checkpoint version 1");
  const auto there = files_of(folder);
  const config files = manifest.at("files");
  for (const std::string& name : files.keys()) {
    const config wanted = files.at(name);
    const auto found = there.find(name);
    ZT_CHECK(found != there.end(), bad_input, printable(name), " is missing");
    const auto size = static_cast<int64_t>(fs::file_size(found->second));
    ZT_CHECK(size == wanted.get<int64_t>("size"), bad_input, printable(name), " has ", size,
             " bytes, wanted ", wanted.get<int64_t>("size"));
    ZT_CHECK(sha256_of_file(found->second) == wanted.get<std::string>("sha256"), bad_input, printable(name),
             " is damaged: its SHA-256 is not the manifest's");
  }
  return manifest.get<int64_t>("step");
}

/// Takes the name away first: a kill in the middle leaves nothing that looks finished.
void remove_checkpoint(const checkpoint& one) {
  fs::path part = one.folder;
  if (is_finished(one)) {
    part += unfinished;
    fs::remove_all(part);
    fs::rename(one.folder, part);
  }
  fs::remove_all(part);
}

/// Calls `body`; a failure of the file system becomes an error of ours.
template <class Body>
auto on_disk(const fs::path& path, error_kind kind, Body&& body) {
  try {
    return body();
  } catch (const error& failure) {
    throw error(kind, concat("checkpoint ", printable(path.string()), ": ", failure.what()));
  } catch (const fs::filesystem_error& failure) {
    throw error(kind, concat("checkpoint ", printable(path.string()), ": ", failure.code().message(), ": ",
                             printable(failure.path1().string())));
  }
}

}  // namespace

fs::path finished_checkpoint(const fs::path& root, int64_t step) {
  std::string digits = std::to_string(step);
  digits.insert(0, digits.size() < 8 ? 8 - digits.size() : 0, '0');
  return root / (prefix + digits);
}

fs::path unfinished_checkpoint(const fs::path& root, int64_t step) {
  return finished_checkpoint(root, step) += unfinished;
}

checkpoint_writer::checkpoint_writer(fs::path root, int64_t step)
    : root_(std::move(root)), part_(unfinished_checkpoint(root_, step)), step_(step), lock_(root_) {
  on_disk(part_, error_kind::runtime, [&] {
    for (const checkpoint& one : checkpoints_in(root_))
      if (!is_finished(one)) remove_checkpoint(one);
    fs::create_directory(part_);
  });
}

checkpoint_writer::~checkpoint_writer() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(part_, ignored);
}

fs::path checkpoint_writer::path(const fs::path& name) const {
  const fs::path file = part_ / name;
  on_disk(file, error_kind::runtime, [&] { fs::create_directories(file.parent_path()); });
  return file;
}

checkpoint checkpoint_writer::commit(std::size_t keep) {
  const checkpoint whole{finished_checkpoint(root_, step_), step_};
  on_disk(part_, error_kind::runtime, [&] {
    ZT_CHECK(!committed_, runtime, "is finished already");
    write_manifest(part_, step_);
    verified_step(part_);
    const unsigned how = fs::exists(whole.folder) ? RENAME_EXCHANGE : 0;
    ZT_CHECK(::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, whole.folder.c_str(), how) == 0, runtime,
             "cannot be renamed: ", std::strerror(errno));
    committed_ = true;
    sync_to_disk(root_);
    fs::remove_all(part_);  // the one that was replaced
    std::size_t kept = 1;
    for (const checkpoint& one : checkpoints_in(root_))
      if (keep > 0 && one.step < step_ && ++kept > keep) remove_checkpoint(one);
  });
  return whole;
}

checkpoint open_checkpoint(const fs::path& folder) {
  return on_disk(folder, error_kind::bad_input, [&] { return checkpoint{folder, verified_step(folder)}; });
}

checkpoint_search latest_checkpoint(const fs::path& root) {
  checkpoint_search search;
  for (const checkpoint& one : checkpoints_in(root)) {
    try {
      ZT_CHECK(is_finished(one), bad_input, "checkpoint ", printable(one.folder.string()),
               ": was not finished");
      search.found = open_checkpoint(one.folder);
      return search;
    } catch (const error& reason) {
      search.skipped.push_back(reason.what());
      search.damaged += is_finished(one);
    }
  }
  return search;
}

}  // namespace zoetrope
