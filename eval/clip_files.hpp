// Which files are clips, results of experiments that kept their frames among them; and which clip of another
// folder belongs to each.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/io/video.hpp"
#include "eval/result_set.hpp"

namespace zoetrope {

struct clip_file {
  std::string name;  ///< file or folder name without its ending; of a cell in a collection the cell's
  std::filesystem::path path;
  std::shared_ptr<const stored_result> result =
      nullptr;  ///< whose frames the clip is; null: a file of its own

  /// For errors.
  std::string place() const { return result ? result->place() : path.string(); }
};

/// What `path` stands for: a file is a clip, a collection of results several; a folder with GIF, MP4, WebM,
/// MOV, MKV or .h5 files, or with folders of pictures, holds those (in natural order, nothing deeper); a
/// folder of pictures alone is one clip. A video beside a result of its name that kept frames is not taken. Failed results have none. error{bad_input} where there is no clip,
/// or for an .h5 file that is no result.
std::vector<clip_file> clips_in(const std::filesystem::path& path);

/// The frames, with the times that the file or the result's config tells (0: none). error{bad_input} names
/// the place: as read_clip's, or a result that kept no frames.
timed_frames frames_of(const clip_file& clip);
timed_frames frames_of(const stored_result& stored);

/// The one of that name, or the only one where there is but one of each; null where none belongs to it.
/// error{bad_input} where several bear its name.
const clip_file* partner_of(const clip_file& clip, const std::vector<clip_file>& clips,
                            const std::vector<clip_file>& references);

/// A name for each: its own, with the file's ending where that is not enough ("a.gif", "a/"), or else its place.
std::vector<std::string> distinct_names(const std::vector<clip_file>& clips);

}  // namespace zoetrope
