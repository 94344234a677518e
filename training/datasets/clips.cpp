// A folder of videos (MP4, GIF, WebM, MOV, MKV), each with its caption in a text file beside it: walk.mp4,
// walk.txt.
#include "core/io/media_names.hpp"
#include "training/datasets/listed_clips.hpp"
#include "training/datasets/makers.hpp"

namespace zoetrope {
namespace {

bool is_clip(const std::filesystem::directory_entry& entry) {
  return !entry.is_directory() && is_video(entry);
}

}  // namespace

std::unique_ptr<dataset> make_clips(const config& options, const dataset_site& site) {
  const std::filesystem::path folder = options.get<std::string>("folder");
  const listed_options settings = read_listed_options(options, site, 8);
  options.expect_all_read();
  std::vector<listed_clip> clips;
  for (const auto& file : entries_of(folder, is_clip)) {
    listed_clip& clip = clips.emplace_back();
    clip.name = printable(file.filename().string());
    clip.sampling = settings.sampling;
    clip.files = {file};
    take_caption_file(std::filesystem::path(file).replace_extension(".txt"), clip);
  }
  ZT_CHECK(!clips.empty(), bad_input, printable(folder.string()),
           ": has no .mp4, .gif, .webm, .mov or .mkv file in it");
  return make_listed_dataset(printable(folder.string()), std::move(clips), settings);
}

}  // namespace zoetrope
