// The table of preprocessors, and the two that leave the frames alone.
#include "core/vision/preprocessor.hpp"

#include "core/vision/makers.hpp"

namespace zoetrope {
namespace {

// Hotshot-XL shows the net the frames themselves, whatever the net was trained on. Poses are drawn in colours
// that mean something (one a limb, on black), so nothing is to be done about them either.
preprocessor make_unchanged(const config&) {
  return [](const rgb_frames& clip) { return clip; };
}

}  // namespace

registry<preprocessor_maker>& preprocessors() {
  static registry<preprocessor_maker> table(
      "preprocessor",
      {{"none", make_unchanged, "the frames as they are (Hotshot-XL's behaviour)"},
       {"canny", make_canny, "white edges on black, computed from any clip (Canny 1986)"},
       {"depth", make_depth, "depth maps: grey, stretched to the clip's full range; near is bright"},
       {"pose", make_unchanged, "OpenPose drawings, as they are"},
       {"scribble", make_scribble, "drawings: white strokes on black, bright paper is inverted"}});
  return table;
}

preprocessor make_preprocessor(const config& options) {
  const std::string type = options.get("type", "none");
  const preprocessor made = preprocessors().find(type)(options);
  options.expect_all_read();
  return made;
}

}  // namespace zoetrope
