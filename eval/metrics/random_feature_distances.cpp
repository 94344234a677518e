// rfd_v1 and kvd_v1: how far a set of clips is from a set of reference clips in random features
// (random_features.hpp): the Frechet distance, which needs more clips than features, and the kernel distance,
// which does not (set_distance.hpp). They tell that something changed; they are not FVD.
#include "eval/metrics/makers.hpp"
#include "eval/metrics/random_features.hpp"
#include "eval/metrics/set_distance.hpp"
#include "eval/metrics/set_values.hpp"

namespace zoetrope {
namespace {

set_metric of_random_features(const config& options) {
  const random_feature_options read = read_random_feature_options(options);
  return {.feature_key = concat("random features, seed ", read.seed, ", side ", read.side),
          .features = [=](const float_clip& clip) { return random_features(clip, read); }};
}

}  // namespace

set_metric make_rfd_v1(const config& options, const metric_setup&) {
  set_metric made = of_random_features(options);
  const bool force = options.get("force", false);  // with fewer clips than the covariance has columns
  made.refuses = [=](const feature_rows& clips, const feature_rows& reference) {
    return force ? refuse_fewer(2, clips, reference)
                 : refuse_fewer(random_feature_size + 1, clips, reference,
                                " (kvd_v1 needs 2; or rfd_v1:force=true)");
  };
  made.compare = [](const feature_rows& clips, const feature_rows& reference) {
    return set_values("rfd_v1", frechet_distance(as_matrix(clips), as_matrix(reference)), clips, reference);
  };
  return made;
}

set_metric make_kvd_v1(const config& options, const metric_setup&) {
  set_metric made = of_random_features(options);
  made.refuses = [](const feature_rows& clips, const feature_rows& reference) {
    return refuse_fewer(2, clips, reference);
  };
  made.compare = [](const feature_rows& clips, const feature_rows& reference) {
    return set_values("kvd_v1", kernel_distance(as_matrix(clips), as_matrix(reference)), clips, reference);
  };
  return made;
}

}  // namespace zoetrope
