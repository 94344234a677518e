// Errors of layers on numbers worked by hand; names and shapes that do not match; turns that are taken.
#include <ATen/ATen.h>

#include <limits>

#include "eval/activation_diff.hpp"
#include "eval/lockstep.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

activation of(int64_t step, const std::string& layer, const std::vector<float>& values) {
  return {step, layer, at::tensor(values)};
}

activation_error error_of(const std::vector<float>& a, const std::vector<float>& b) {
  activation_diff diff(0);
  diff.compare({of(1, "x", a)}, {of(1, "x", b)});
  return diff.errors().at(0);
}

TEST(ActivationDiff, ErrorsAreThoseOfTheFormula) {
  // a - b = (0, 3, -4): max 4, norm 5; a = (2, 4, 4): norm 6
  const activation_error error = error_of({2, 4, 4}, {2, 1, 8});
  EXPECT_EQ(error.max_abs, 4);
  EXPECT_DOUBLE_EQ(error.relative, 5.0 / 6);
  EXPECT_EQ(error_of({2, 4}, {2, 4}).max_abs, 0);
  EXPECT_EQ(error_of({0, 0}, {0, 0}).relative, 0);
  EXPECT_EQ(error_of({0, 0}, {0, 1}).relative, infinity);
}

TEST(ActivationDiff, WhatIsNotFiniteOnOneSideAloneIsInfinitelyFar) {
  const float huge = std::numeric_limits<float>::infinity();
  EXPECT_EQ(error_of({1, nan}, {1, nan}).max_abs, 0);
  EXPECT_EQ(error_of({1, huge}, {1, huge}).max_abs, 0);
  EXPECT_EQ(error_of({1, nan}, {1, 2}).max_abs, infinity);
  EXPECT_EQ(error_of({1, 2}, {1, nan}).max_abs, infinity);
  EXPECT_EQ(error_of({1, huge}, {1, -huge}).max_abs, infinity);
}

TEST(ActivationDiff, TheFirstIsTheFirstInOrderThatIsAboveTheTolerance) {
  const activations a{of(1, "z", {1}), of(1, "b", {1}), of(1, "a", {1}), of(2, "z", {1})};
  const activations b{of(1, "a", {9}), of(1, "b", {1.5}), of(1, "z", {1.25}), of(2, "z", {1})};
  const auto first = [&](double tolerance) {
    activation_diff diff(tolerance);
    diff.compare(a, b);
    EXPECT_EQ(diff.errors().size(), 4u);
    return diff.first() ? diff.first()->layer : "none";
  };
  EXPECT_EQ(first(0), "z");
  EXPECT_EQ(first(0.25), "b");
  EXPECT_EQ(first(0.5), "a");
  EXPECT_EQ(first(8), "none");
}

TEST(ActivationDiff, NamesAndShapesThatDoNotMatchAreTold) {
  activation_diff diff(0);
  diff.compare({of(1, "both", {1}), of(1, "mine", {1}), of(1, "odd", {1, 2}), of(2, "both", {1})},
               {of(1, "both", {1}), of(1, "yours", {1}), of(1, "odd", {1})});
  EXPECT_EQ(diff.errors().size(), 1u);  // step 2 is in one alone
  EXPECT_EQ(diff.only_in_a(), std::vector<std::string>{"mine"});
  EXPECT_EQ(diff.only_in_b(), std::vector<std::string>{"yours"});
  EXPECT_EQ(diff.misfits().at("odd"), "[2] and [1]");
}

TEST(ActivationDiff, AVideoComparesWithItsFoldedFrames) {
  const at::Tensor video = at::arange(2 * 3 * 4 * 2 * 2).view({2, 3, 4, 2, 2}).to(at::kFloat);  // b c f h w
  at::Tensor folded = at::zeros({8, 3, 2, 2});
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t f = 0; f < 4; ++f) folded[b * 4 + f].copy_(video[b].select(1, f));
  activation_diff diff(0);
  diff.compare({{1, "x", folded}}, {{1, "x", video}});
  ASSERT_EQ(diff.errors().size(), 1u);
  EXPECT_EQ(diff.errors()[0].max_abs, 0);
}

TEST(ActivationDiff, TheFileHasEveryErrorAndTheFirst) {
  activation_diff diff(0.5);
  diff.compare({of(0, "x", {1}), of(3, "y", {2})}, {of(0, "x", {1.25}), of(3, "y", {4}), of(3, "z", {0})});
  const temporary_folder folder;
  write_activation_diff(folder / "e.h5", diff, {{"a", std::string("a.yaml")}});
  const hdf5_reader file(folder / "e.h5");
  EXPECT_EQ(std::get<std::string>(file.attribute("/", "schema")), "zoetrope-diff");
  EXPECT_EQ(std::get<std::string>(file.attribute("/", "a")), "a.yaml");
  EXPECT_EQ(std::get<std::string>(file.attribute("/", "first_layer")), "y");
  EXPECT_EQ(std::get<int64_t>(file.attribute("/", "first_step")), 3);
  EXPECT_EQ(file.dataset<int64_t>("/step").values, (std::vector<int64_t>{0, 3}));
  EXPECT_EQ(file.dataset<std::string>("/layer").values, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(file.dataset<double>("/max_abs").values, (std::vector<double>{0.25, 2}));
  EXPECT_EQ(file.dataset<double>("/relative").values, (std::vector<double>{0.25, 1}));
  EXPECT_EQ(file.dataset<std::string>("/only_in_b").values, std::vector<std::string>{"z"});
}

TEST(Lockstep, JobsTakeTurnsAndTheLongerOneGoesOn) {
  std::string order;
  const auto job = [&](char name, int pieces) {
    return [&order, name, pieces](const take_turns& wait) {
      for (int i = 0; i < pieces; ++i) {
        order += name;
        wait();
      }
    };
  };
  run_in_lockstep(job('a', 3), job('b', 3));
  EXPECT_EQ(order, "ababab");
  order.clear();
  run_in_lockstep(job('a', 1), job('b', 3));
  EXPECT_EQ(order, "abbb");
  order.clear();
  run_in_lockstep(job('a', 3), job('b', 1));
  EXPECT_EQ(order, "abaa");
}

TEST(Lockstep, AFailureEndsBothAndIsTheOneThatIsTold) {
  const auto fails = [](const take_turns& wait) {
    wait();
    throw error(error_kind::bad_input, "spoilt");
  };
  int pieces = 0;
  const auto endless = [&](const take_turns& wait) {
    for (;; ++pieces) wait();
  };
  EXPECT_EQ(failure_of([&] { run_in_lockstep(fails, endless); }), "bad_input: spoilt");
  EXPECT_EQ(failure_of([&] { run_in_lockstep(endless, fails); }), "bad_input: spoilt");
  EXPECT_LE(pieces, 4);
}

}  // namespace
}  // namespace zoetrope
