// rfd_v1 and kvd_v1: how far a set of clips is from a set of reference clips in random features
// (random_features.hpp): the Frechet distance, which needs more clips than features, and the kernel distance,
// which does not (set_distance.hpp). They tell that something changed; they are not FVD.
#include "eval/metrics/makers.hpp"
#include "eval/metrics/random_features.hpp"
#include "eval/metrics/set_distance.hpp"

namespace zoetrope {
namespace {

set_metric of_random_features(const config& options) {
  const random_feature_options read = read_random_feature_options(options);
  return {.feature_key = concat("random features, seed ", read.seed, ", side ", read.side),
          .features = [=](const float_clip& clip) { return random_features(clip, read); }};
}

std::string refuse_fewer(std::size_t least, const feature_rows& clips, const feature_rows& reference,
                         const char* instead) {
  if (clips.size() >= least && reference.size() >= least) return "";
  return concat("needs ", least, " clips and as many reference clips, has ", clips.size(), " and ",
                reference.size(), instead);
}

std::vector<metric_values> as_values(const char* name, double value, const feature_rows& clips,
                                     const feature_rows& reference) {
  metric_values out{name, "squared feature distance", better::lower, value};
  out.curves["clips"] = {static_cast<double>(clips.size())};
  out.curves["reference_clips"] = {static_cast<double>(reference.size())};
  return {out};
}

}  // namespace

set_metric make_rfd_v1(const config& options, const metric_setup&) {
  set_metric made = of_random_features(options);
  const bool force = options.get("force", false);  // with fewer clips than the covariance has columns
  made.refuses = [=](const feature_rows& clips, const feature_rows& reference) {
    return force ? refuse_fewer(2, clips, reference, "")
                 : refuse_fewer(random_feature_size + 1, clips, reference,
                                " (kvd_v1 needs 2; or rfd_v1:force=true)");
  };
  made.compare = [](const feature_rows& clips, const feature_rows& reference) {
    return as_values("rfd_v1", frechet_distance(as_matrix(clips), as_matrix(reference)), clips, reference);
  };
  return made;
}

set_metric make_kvd_v1(const config& options, const metric_setup&) {
  set_metric made = of_random_features(options);
  made.refuses = [](const feature_rows& clips, const feature_rows& reference) {
    return refuse_fewer(2, clips, reference, "");
  };
  made.compare = [](const feature_rows& clips, const feature_rows& reference) {
    return as_values("kvd_v1", kernel_distance(as_matrix(clips), as_matrix(reference)), clips, reference);
  };
  return made;
}

}  // namespace zoetrope
