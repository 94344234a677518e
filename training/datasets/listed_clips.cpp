// See listed_clips.hpp: finding captions and pictures, and what the check of every clip means for the whole.
#include "training/datasets/listed_clips.hpp"

#include <algorithm>
#include <map>

#include "core/io/clip_reader.hpp"
#include "core/utf8.hpp"
#include "training/data_problems.hpp"
#include "training/datasets/clip_inspection.hpp"
#include "training/datasets/decoded_clips.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t max_caption_bytes = 64 << 10;

// Where all frames are taken, clips must have as many as each other: those differ that the fewest share.
void compare_lengths(std::vector<inspected_clip>& clips) {
  std::map<std::size_t, int> counts;
  int all = 0;
  for (const inspected_clip& clip : clips)
    if (!clip.windows.empty()) ++counts[clip.windows[0].size()], ++all;
  const auto usual = std::max_element(counts.rbegin(), counts.rend(),  // of two the longer
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  for (inspected_clip& clip : clips)
    if (!clip.windows.empty() && clip.windows[0].size() != usual->first)
      clip.problems.push_back(concat("has ", clip.windows[0].size(), " frames, not ", usual->first, " as ",
                                     usual->second, " of ", all,
                                     " clips; give frames, or clips of one length"));
}

}  // namespace

listed_options read_listed_options(const config& options, const dataset_site& site,
                                   std::optional<int64_t> frames) {
  listed_options read;
  read.site = site;
  read.sampling = read_frame_sampling(options, {});
  if (options.has("frames"))
    read.sampling.frames = options.at("frames").bounded(1, 4096);
  else
    read.sampling.frames = frames ? options.get("frames", *frames) : options.get_optional<int64_t>("frames");
  read.buckets = read_buckets(options);
  read.skip_bad = options.get("skip_bad", false);
  read.check_threads = options.bounded("check_threads", 0, 0, 1024);
  return read;
}

std::unique_ptr<dataset> make_listed_dataset(const std::string& source, std::vector<listed_clip> clips,
                                             const listed_options& options) {
  std::vector<inspected_clip> found = inspected(clips, options.check_threads, options.site);
  if (!options.sampling.frames) compare_lengths(found);
  data_problems problems;
  std::vector<decoded_example> examples;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    for (const std::string& problem : found[i].problems) problems.add(clips[i].name, problem);
    if (!found[i].problems.empty()) continue;
    const auto clip = std::make_shared<const listed_clip>(std::move(clips[i]));
    const picture_size target = nearest_bucket(found[i].size, options.buckets);
    for (std::vector<std::size_t>& window : found[i].windows)
      examples.push_back({clip, std::move(window), size_conditioning(found[i].size, target)});
  }
  return make_decoded_dataset(std::move(examples), problems.settle(source, options.skip_bad, clips.size()));
}

void take_pictures(const fs::path& folder, listed_clip& clip) {
  clip.pictures = true;
  try {
    clip.files = pictures_in(folder);
  } catch (const error& failure) {
    clip.problems.push_back(without_path(failure, folder));
  }
}

void take_caption(std::string text, const std::string& where, listed_clip& clip) {
  static constexpr const char* white = " \t\n\v\f\r";
  if (text.rfind("\xEF\xBB\xBF", 0) == 0) text.erase(0, 3);  // some editors' mark of UTF-8
  const std::size_t begin = text.find_first_not_of(white), end = text.find_last_not_of(white);
  if (first_invalid_utf8(text))
    clip.problems.push_back(where + " is not valid UTF-8");
  else if (begin == std::string::npos)
    clip.problems.push_back(where + " is empty");
  else
    clip.caption = text.substr(begin, end - begin + 1);
}

void take_caption_file(const fs::path& file, listed_clip& clip) {
  const std::string name = printable(file.filename().string());
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return clip.problems.push_back("no caption: " + name + " is not there");
  try {
    take_caption(read_text_file(file, max_caption_bytes), name, clip);
  } catch (const error& failure) {
    clip.problems.push_back(without_path(failure, file));
  }
}

}  // namespace zoetrope
