// A comparison that cannot fail is worth nothing: each way in which an output can be wrong is planted here.
#include "eval/reference_case.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "core/tensor/weights.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

class ReferenceReport : public ::testing::Test {
 protected:
  ReferenceReport() {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "case.json")
        << R"({"name": "planted", "kind": "vae", "cfg": {}, "tolerance": {"fp32_max_abs_err": 0.01}})";
    save_tensors(folder_ / "outputs.safetensors", {{"x", at::ones({2, 3})}, {"ids", at::arange(4)}});
  }
  ~ReferenceReport() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::temp_directory_path() / ("zoetrope_reference_" + std::to_string(::getpid()));
};

TEST_F(ReferenceReport, PassesWhatHoldsAndNothingElse) {
  const reference_case reference(folder_);
  reference_report report(reference);
  report.check("x", at::ones({2, 3}) + 0.005);
  report.check("ids", at::arange(4));
  report.finish();
  EXPECT_TRUE(report.ok());
  EXPECT_NEAR(report.worst_error(), 0.005, 1e-6);
  EXPECT_EQ(report.worst_tolerance(), 0.01);
  EXPECT_EQ(report.checked(), 2u);
}

TEST_F(ReferenceReport, FindsEveryPlantedFault) {
  const reference_case reference(folder_);
  const auto fails = [&](const std::string& name, const at::Tensor& got) {
    reference_report report(reference);
    report.check(name, got);
    return !report.ok();
  };
  at::Tensor one_off = at::ones({2, 3});
  one_off[1][2] = 1.011;
  EXPECT_TRUE(fails("x", one_off));
  one_off[1][2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(fails("x", one_off));
  EXPECT_TRUE(fails("x", at::ones({3, 2})));
  EXPECT_TRUE(fails("x", at::ones({1, 3})));
  EXPECT_TRUE(fails("x", at::Tensor()));
  EXPECT_TRUE(fails("ids", at::arange(1, 5)));
  EXPECT_TRUE(fails("ids", at::arange(4).to(at::kFloat)));
  EXPECT_TRUE(fails("y", at::ones({2, 3})));
}

TEST_F(ReferenceReport, AnOutputThatNobodyCheckedIsAFailure) {
  const reference_case reference(folder_);
  reference_report report(reference);
  report.check("x", at::ones({2, 3}));
  report.finish();
  ASSERT_EQ(report.failures().size(), 1u);
  EXPECT_NE(report.failures()[0].find("ids"), std::string::npos);
}

TEST_F(ReferenceReport, MeasuresErrorAsAsked) {
  const reference_case reference(folder_);
  const at::Tensor want = at::ones({2, 3});
  save_tensors(folder_ / "outputs.safetensors", {{"x", want * 100}});
  const reference_case scaled(folder_);
  const auto error_of = [&](error_measure measure) {
    reference_report report(scaled);
    report.check("x", want * 100 + 0.5, {}, measure);
    return report.worst_error();
  };
  EXPECT_NEAR(error_of(error_measure::absolute), 0.5, 1e-4);
  EXPECT_NEAR(error_of(error_measure::relative_to_peak), 0.005, 1e-6);
  EXPECT_NEAR(error_of(error_measure::relative_per_call), 0.005, 1e-6);
  EXPECT_NEAR(error_of(error_measure::relative_per_element), 0.005, 1e-6);
}

TEST_F(ReferenceReport, ARunnerThatThrowsIsAFailureThatSaysWhy) {
  const reference_result result = verify_case(folder_);  // a vae case without a model
  EXPECT_FALSE(result.ok);
  ASSERT_FALSE(result.failures.empty());
  EXPECT_EQ(result.name, "planted");
}

TEST_F(ReferenceReport, UnknownKindAndBrokenCaseAreFailures) {
  std::ofstream(folder_ / "case.json") << R"({"name": "planted", "kind": "no_such", "cfg": {}})";
  EXPECT_NE(verify_case(folder_).failures.at(0).find("no_such"), std::string::npos);
  std::ofstream(folder_ / "case.json") << "{";
  EXPECT_FALSE(verify_case(folder_).ok);
  EXPECT_FALSE(verify_case(folder_ / "missing").ok);
}

TEST_F(ReferenceReport, AToleranceThatIsNoNumberIsRefused) {
  for (const char* tolerance :
       {R"("exact")", R"({"fp32_max_abs_err": "1"})", R"({"fp32_max_abs_err": 0})", "null"}) {
    std::ofstream(folder_ / "case.json")
        << R"({"name": "planted", "kind": "vae", "cfg": {}, "tolerance": )" << tolerance << "}";
    EXPECT_THROW(reference_case(folder_).tolerance(), error) << tolerance;
  }
}

TEST(MetricsCases, HoldAgainstScikitImageAndScipy) {
  const fs::path folder = fs::path(ZOETROPE_SOURCE_DIR) / "tests/goldens/10_metrics";
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const reference_result result = verify_case(entry.path());
    EXPECT_TRUE(result.ok) << entry.path() << ": "
                           << (result.failures.empty() ? "" : result.failures.front());
    EXPECT_EQ(result.checked, 6u);
    ++seen;
  }
  EXPECT_GE(seen, 1u);
}

}  // namespace
}  // namespace zoetrope
