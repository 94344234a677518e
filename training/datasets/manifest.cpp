// JSON lines, one clip a line, which may say for itself how it is sampled:
//   {"file": "walks/a.mp4", "caption": "a man walking", "start": 2.5, "fps": 8}
//   {"frames": ["b/1.png", "b/2.png"], "caption": "a dog"}
// Paths are relative to the manifest's folder.
#include <sstream>

#include "training/datasets/listed_clips.hpp"
#include "training/datasets/makers.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

void take_files(const config& line, const fs::path& folder, listed_clip& clip) {
  if (line.has("file") == line.has("frames")) throw line.fail("wanted one of file and frames");
  if (line.has("frames")) {
    clip.pictures = true;
    for (const std::string& name : line.get<std::vector<std::string>>("frames"))
      clip.files.push_back(folder / name);
    if (clip.files.empty()) throw line.at("frames").fail("has no file in it");
    return;
  }
  const auto told = line.get<std::string>("file");
  clip.name += ", " + printable(told);
  const fs::path file = folder / told;
  std::error_code ignored;
  if (fs::is_directory(file, ignored))
    take_pictures(file, clip);
  else
    clip.files = {file};
}

listed_clip read_line(const std::string& text, const std::string& name, const fs::path& folder,
                      const frame_sampling& defaults) {
  listed_clip clip;
  clip.name = name;
  try {
    const config line(parse_json(text, "JSON"), "this line");
    if (!line.is_object()) throw line.fail("is not an object");
    take_files(line, folder, clip);
    clip.sampling = defaults;
    if (line.has("start")) clip.sampling.window = window_choice::first;
    clip.sampling = read_frame_sampling(line, clip.sampling);
    take_caption(line.get<std::string>("caption"), "the caption", clip);
    line.expect_all_read();
  } catch (const error& failure) {
    clip.problems.push_back(failure.what());
    clip.files.clear();  // what the line says of them is not known to be meant
  }
  return clip;
}

}  // namespace

std::unique_ptr<dataset> make_manifest(const config& options, const dataset_site& site) {
  const fs::path file = options.get<std::string>("file");
  const listed_options settings = read_listed_options(options, site, 8);
  options.expect_all_read();
  std::istringstream lines(read_text_file(file, 1u << 30));
  std::vector<listed_clip> clips;
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number)
    if (line.find_first_not_of(" \t\r") != std::string::npos)
      clips.push_back(read_line(line, concat("line ", number), file.parent_path(), settings.sampling));
  ZT_CHECK(!clips.empty(), bad_input, printable(file.string()), ": has no line in it");
  return make_listed_dataset(printable(file.string()), std::move(clips), settings);
}

}  // namespace zoetrope
