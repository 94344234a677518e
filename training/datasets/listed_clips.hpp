// A dataset of files: what frame_folders, clips and manifest share. They differ in how they find clips and
// captions; from there on a clip is files and a caption. All are opened and decoded once before training
// starts, so that everything that is wrong is known; after that a clip is decoded when it is asked for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/dataset.hpp"
#include "training/frame_sampling.hpp"

namespace zoetrope {

struct listed_clip {
  std::string name;                          ///< in messages
  std::vector<std::filesystem::path> files;  ///< a video; or pictures, one a frame
  bool pictures = false;
  std::string caption;
  frame_sampling sampling;
  std::vector<std::string> problems;  ///< known before a file is opened
};

/// Options of every dataset of files: frames, stride, fps, source_fps, start, window; those of read_buckets;
/// skip_bad (false); check_threads (0: as many as the machine has).
struct listed_options {
  frame_sampling sampling;
  std::vector<picture_size> buckets;
  bool skip_bad = false;
  int64_t check_threads = 0;
  dataset_site site = {};
};
/// `frames`: the default; none: all that the clips have.
listed_options read_listed_options(const config& options, const dataset_site& site,
                                   std::optional<int64_t> frames);

/// Opens every clip; one whose files the cache has seen is not decoded again. `source`: where they were looked for. error{bad_input} as described in dataset.hpp.
std::unique_ptr<dataset> make_listed_dataset(const std::string& source, std::vector<listed_clip> clips,
                                             const listed_options& options);

/// Sets `clip.files` to the folder's pictures, or notes the problem.
void take_pictures(const std::filesystem::path& folder, listed_clip& clip);
/// Sets `clip.caption` to the file's text without white space around it, or notes the problem: not there, not
/// UTF-8, empty.
void take_caption_file(const std::filesystem::path& file, listed_clip& clip);
void take_caption(std::string text, const std::string& where, listed_clip& clip);

}  // namespace zoetrope
