// Against hotshot_xl/utils.py at cc01f7f: best_aspect_ratio, get_crop_coordinates and res_to_aspect_map were
// run once in Python; the values stand here. fine_tune.py builds its time ids of the same functions.
#include "training/buckets.hpp"

#include <gtest/gtest.h>

#include "../core/temporary_folder.hpp"

namespace zoetrope {
namespace {

struct hotshot_case {
  picture_size original, bucket;
  std::array<double, 2> crop;
};

TEST(Buckets, AreChosenAndCutAsHotshotDoes) {
  const hotshot_case at_512[] = {
      {{1920, 1080}, {672, 384}, {5.5, 0}}, {{1080, 1920}, {384, 672}, {0, 5.5}},
      {{640, 480}, {608, 416}, {0, 20}},    {{333, 777}, {320, 768}, {4.5, 0}},
      {{500, 500}, {512, 512}, {0, 0}},     {{672, 384}, {672, 384}, {0, 0}},
      {{1001, 667}, {608, 416}, {8, 0}},    {{2000, 500}, {768, 320}, {256, 0}},
      {{97, 61}, {608, 416}, {27, 0}},      {{1200, 820}, {608, 416}, {0.5, 0}},
      {{854, 480}, {672, 384}, {5.5, 0}},   {{768, 320}, {768, 320}, {0, 0}},
  };
  const hotshot_case at_1024[] = {
      {{1920, 1080}, {1344, 768}, {10.5, 0}}, {{333, 777}, {640, 1536}, {9, 0}},
      {{1001, 667}, {1216, 832}, {16.5, 0}},  {{97, 61}, {1216, 832}, {53.5, 0}},
      {{640, 480}, {1216, 832}, {0, 40}},     {{500, 500}, {1024, 1024}, {0, 0}},
  };
  const auto check = [](const hotshot_case& one, int64_t resolution) {
    const picture_size bucket = nearest_bucket(one.original, hotshot_buckets(resolution));
    EXPECT_EQ(bucket, one.bucket) << name_of(one.original);
    EXPECT_EQ(size_conditioning(one.original, bucket).crop, one.crop) << name_of(one.original);
  };
  for (const hotshot_case& one : at_512) check(one, 512);
  for (const hotshot_case& one : at_1024) check(one, 1024);
}

// fine_tune.py has one size for all: --aspect_ratio 1.75.
TEST(Buckets, OneSizeForAllIsCutAsFineTuneDoes) {
  const std::pair<picture_size, std::array<double, 2>> cases[] = {
      {{1080, 1920}, {0, 405.5}}, {{640, 480}, {0, 60}},    {{333, 777}, {0, 592}}, {{500, 500}, {0, 144}},
      {{2000, 500}, {432, 0}},    {{97, 61}, {0, 19.5}},    {{768, 320}, {125, 0}}, {{1200, 820}, {0, 37.5}},
      {{1001, 667}, {0, 32}},     {{720, 1280}, {0, 405.5}}};
  for (const auto& [original, crop] : cases)
    EXPECT_EQ(size_conditioning(original, {672, 384}).crop, crop) << name_of(original);
}

TEST(Buckets, TimeIdsAreWidthsFirst) {
  const std::array<float, 6> wanted{1920, 1080, 5.5, 0, 672, 384};
  EXPECT_EQ(size_conditioning({1920, 1080}, {672, 384}).time_ids(), wanted);
}

std::vector<picture_size> read(json options) {
  const config given(std::move(options), "data.yaml");
  std::vector<picture_size> buckets = read_buckets(given);
  given.expect_all_read();
  return buckets;
}

TEST(Buckets, AreReadFromOptions) {
  EXPECT_EQ(read(json::object()), hotshot_buckets(512));
  EXPECT_EQ(read({{"resolution", 1024}}), hotshot_buckets(1024));
  EXPECT_EQ(read({{"aspect_ratio", "1.75"}}), (std::vector<picture_size>{{672, 384}}));
  EXPECT_EQ(read({{"aspect_ratio", 1.0}, {"resolution", 1024}}), (std::vector<picture_size>{{1024, 1024}}));
  EXPECT_EQ(read({{"width", 64}, {"height", 48}}), (std::vector<picture_size>{{64, 48}}));
  EXPECT_EQ(read({{"buckets", {{64, 64}, {96, 40}}}}), (std::vector<picture_size>{{64, 64}, {96, 40}}));
}

TEST(Buckets, RefuseOptionsThatSayNothingSure) {
  const auto refused = [](json options, const std::string& message) {
    EXPECT_TRUE(mentions(failure_of([&] { read(options); }), "bad_input: data.yaml: $")) << options;
    EXPECT_TRUE(mentions(failure_of([&] { read(options); }), message)) << options;
  };
  refused({{"width", 64}, {"height", 64}, {"resolution", 512}}, "not several");
  refused({{"buckets", {{64, 64}}}, {"width", 64}}, "not several");
  refused({{"width", 64}}, "height");
  refused({{"width", 60}, {"height", 64}}, "$.width: is 60, wanted a multiple of 8");
  refused({{"width", 64}, {"height", 0}}, "$.height");
  refused({{"resolution", 768}}, "resolution is 768");
  refused({{"aspect_ratio", "16:9"}}, "is 16:9, wanted one of 0.42, 0.57");
  refused({{"buckets", json::array()}}, "wanted a list");
  refused({{"buckets", {{64}}}}, "$.buckets.0: wanted [width, height]");
  refused({{"buckets", {{64, 63}}}}, "multiple of 8");
}

}  // namespace
}  // namespace zoetrope
