// Folders as Hotshot-XL's fine_tune.py reads them: sample_x/{0.jpg, 1.jpg, …, prompt.txt}, one folder a clip.
// Frames are in the order of their numbers; the original takes them as the file system lists them.
#include "core/io/media_names.hpp"
#include "training/datasets/listed_clips.hpp"
#include "training/datasets/makers.hpp"

namespace zoetrope {

std::unique_ptr<dataset> make_frame_folders(const config& options, const dataset_site& site) {
  const std::filesystem::path folder = options.get<std::string>("folder");
  const listed_options settings = read_listed_options(options, site, std::nullopt);
  options.expect_all_read();
  std::vector<listed_clip> clips;
  for (const auto& sample : entries_of(folder, [](const auto& entry) { return entry.is_directory(); })) {
    listed_clip& clip = clips.emplace_back();
    clip.name = printable(sample.filename().string());
    clip.sampling = settings.sampling;
    take_pictures(sample, clip);
    take_caption_file(sample / "prompt.txt", clip);
  }
  ZT_CHECK(!clips.empty(), bad_input, printable(folder.string()), ": has no folder of frames in it");
  return make_listed_dataset(printable(folder.string()), std::move(clips), settings);
}

}  // namespace zoetrope
