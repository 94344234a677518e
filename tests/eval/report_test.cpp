// The page of results: everything is on it, nothing leaves it, and hostile texts stay texts. How it looks is
// seen in a browser.
#include "eval/report/report.hpp"

#include <regex>

#include "tests/eval/made_results.hpp"
#include "tests/eval/markup.hpp"

namespace zoetrope {
namespace {

struct written_experiment : temporary_folder {
  explicit written_experiment(const made_experiment& of) { write_experiment(path(), of); }
  std::string page(const report_options& options = {}) const {
    return report_page(read_whole_results({path()}), options);
  }
};

TEST(Report, HasEverySectionAndIsWellFormed) {
  const std::string page = written_experiment({}).page();
  for (const char* id : {"arms", "clips", "results", "curves", "tradeoff", "missing", "methods"})
    EXPECT_TRUE(mentions(page, concat("<section id=", id, ">")));
  expect_well_formed(page);
  EXPECT_EQ(count(page, "class=clip-set"), 8u);
  EXPECT_EQ(count(page, "<img"), 24u);
  EXPECT_TRUE(mentions(page, "generation.<wbr>unet.<wbr>temporal.<wbr>heads"));
  EXPECT_TRUE(mentions(page, "2 of 8 clips of"));
  EXPECT_TRUE(mentions(page, "needs clip/model.safetensors"));
}

TEST(Report, SettingsThatAllArmsShareStandOnce) {
  const std::string page = written_experiment({}).page();
  const std::size_t shared = page.find("<h3>The same in all arms</h3>"), folded = page.find("<details>");
  ASSERT_LT(shared, folded);
  const std::string differing = page.substr(0, shared), telling = page.substr(shared, folded - shared),
                    others = page.substr(folded, page.find("</details>") - folded);
  EXPECT_TRUE(mentions(differing, "temporal.<wbr>heads"));
  EXPECT_EQ(differing.find("generation.<wbr>steps"), std::string::npos);
  EXPECT_TRUE(mentions(telling, "generation.<wbr>steps</bdi></code></th><td><code><bdi>20</bdi></code>"));
  EXPECT_EQ(telling.find("temporal"), std::string::npos);
  EXPECT_TRUE(mentions(others, "1 further key<"));
  EXPECT_TRUE(mentions(others, "generation.<wbr>duration"));
  EXPECT_EQ(page.find("generation.<wbr>prompt"), std::string::npos);  // with the clips
}

TEST(Report, WhatAConfigLeavesOpenIsToldAsItWas) {
  const temporary_folder folder;
  const made_experiment of{.prompts = {"a"}, .seeds = {0}};
  for (std::size_t arm = 0; arm < 2; ++arm) {
    result cell = made_result(of, arm, 0, 0);
    cell.config["generation"].update(
        {{"threads", 0}, {"precision", "auto"}, {"pretrained_path", ""}, {"negative_prompt", ""}});
    cell.config["inputs"]["pretrained_path"] = "3f875f193ac59138b06c21d8a5a587fe";
    cell.versions["precision"] = arm == 0 ? "f32" : "bf16";  // not the same: no one word for both
    write_result(folder / concat(arm, ".h5"), cell);
  }
  const std::string page = report_page(read_whole_results({folder.path()}));
  expect_well_formed(page);
  const std::string telling = page.substr(0, page.find("<details>"));
  EXPECT_TRUE(mentions(telling, "<code><bdi>0</bdi></code> <small><bdi>here 2</bdi>"));
  EXPECT_TRUE(mentions(
      telling, "the model in the box, or that of ZOETROPE_MODEL; fingerprint 3f875f193ac59138</bdi>"));
  EXPECT_TRUE(mentions(telling, "<code><bdi>auto</bdi></code> </td>"));
  EXPECT_EQ(telling.find("negative"), std::string::npos);  // none: further down
}

TEST(Report, ASchedulerThatWasNotNamedIsTold) {
  const temporary_folder folder;
  const made_experiment of{.prompts = {"a"}, .seeds = {0}};
  for (std::size_t arm = 0; arm < 2; ++arm) {
    result cell = made_result(of, arm, 0, 0);
    cell.config["generation"]["scheduler"] = "default";
    cell.versions["scheduler"] = "DDIMScheduler";
    cell.versions["memory_bytes"] = 25276510208;
    write_result(folder / concat(arm, ".h5"), cell);
  }
  const std::string page = report_page(read_whole_results({folder.path()}));
  EXPECT_TRUE(mentions(page, "<code><bdi>default</bdi></code> <small><bdi>here DDIMScheduler</bdi>"));
  EXPECT_EQ(page.find("scheduler DDIM"), std::string::npos);  // among the versions of the whole page
  EXPECT_NE(page.find("memory 23.5 GiB"), std::string::npos);
}

// As `results compare` warns.
TEST(Report, ArmsOfMixedConfigsAreACaution) {
  const written_experiment made({});
  EXPECT_EQ(made.page().find("cells of different configs"), std::string::npos);
  result cell = made_result({.seeds = {7}}, 0, 0, 0);
  cell.config["generation"]["steps"] = 40;
  write_result(result_path(made.path(), cell.config, cell.seed), cell);
  EXPECT_TRUE(mentions(made.page(), "1 arm has cells of different configs: generation.steps ("));
}

TEST(Report, TheSameResultsGiveTheSameBytes) {
  const written_experiment made({});
  EXPECT_EQ(made.page(), made.page());
}

TEST(Report, ByPromptEveryTestIsOfAsManyPairsAsPrompts) {
  const written_experiment made({});  // 4 prompts, 2 seeds
  const std::string clips = made.page(), prompts = made.page({.of = observation::prompt});
  EXPECT_EQ(clips.find("Too few pairs"), std::string::npos);
  EXPECT_TRUE(mentions(prompts, "Too few pairs: with 4 pairs and 6 tests"));
  EXPECT_TRUE(mentions(prompts, "The intervals speak of prompts like these."));
  expect_well_formed(prompts);
}

TEST(Report, SetsHaveTheirTableWhereTheyWereCompared) {
  const written_experiment made({});
  EXPECT_EQ(made.page().find("<section id=sets>"), std::string::npos);
  const set_comparison row{.arm = 1, .metric = "kvd_v1", .clips = 8, .references = 9, .distance = 0.25};
  set_comparison missing = row;
  missing.unavailable = "needs <i3d>";
  const std::string page = made.page({.sets = {row, missing}});
  EXPECT_TRUE(mentions(page, "<section id=sets>"));
  EXPECT_TRUE(mentions(page, "needs &lt;i3d&gt;"));
  expect_well_formed(page);
}

TEST(Report, AsksForNothingOutsideIt) {
  const std::string page = written_experiment({}).page();
  EXPECT_TRUE(mentions(page, "default-src 'none'"));
  static const std::regex source("(src|href)=(?![\"']?(data:|#))|url\\(|@import|fetch\\(|XMLHttpRequest");
  std::smatch found;
  EXPECT_FALSE(std::regex_search(page, found, source)) << found.str();
}

TEST(Report, HostileTextsStayTexts) {
  const std::string evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x01\xFF";
  made_experiment of{.name = "bad", .arms = {"conv", evil}, .prompts = {evil}};
  temporary_folder folder;
  for (std::size_t arm = 0; arm < 2; ++arm) {
    result cell = made_result(of, arm, 0, 0);
    cell.experiment = cell.device = cell.command = cell.git_revision = evil.substr(0, evil.size() - 1);
    cell.prompt = evil;
    cell.metrics[">" + std::string("<b>")] = {
        evil.substr(0, 60), "higher", 1.0 + static_cast<double>(arm), {}, {{"<i>", {1, 2}}}, ""};
    if (arm == 1) cell = failed_result(cell, evil);
    write_result(folder / concat(arm, ".h5"), cell);
  }
  const std::string page = report_page(read_whole_results({folder.path()}));
  expect_well_formed(page);
  EXPECT_EQ(count(page, "<script"), 1u);
  EXPECT_EQ(page.find("<img src=x"), std::string::npos);
  EXPECT_EQ(page.find("<i>\""), std::string::npos);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_EQ(page.find('\xFF'), std::string::npos);
  EXPECT_TRUE(mentions(page, "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\xEF\xBF\xBD\xEF\xBF\xBD"));
}

TEST(Report, OneArmManyArmsNoFramesNoCosts) {
  const std::string one = written_experiment({.arms = {"conv"}}).page();
  expect_well_formed(one);
  EXPECT_EQ(one.find("id=tradeoff>"), std::string::npos);
  made_experiment many{.prompts = {"a"}, .frames = false, .costs = false};
  many.arms.clear();
  for (int i = 0; i < 30; ++i) many.arms.push_back(concat("arm", i));
  const std::string page = written_experiment(many).page();
  expect_well_formed(page);
  EXPECT_TRUE(mentions(page, ">AD</b>"));
  // Nothing is cut off on paper: four tables of 7, 8, 7 and 8 arms, the baseline in front of the last three.
  EXPECT_EQ(count(page, "<table class=glance>"), 4u);
  EXPECT_EQ(count(page, "class=\"number arm-head\""), 33u);
  for (const char* id : {"clips", "tradeoff"})
    EXPECT_EQ(page.find(concat("<section id=", id, ">")), std::string::npos);
  EXPECT_EQ(written_experiment({}).page({.clip_side = 0}).find("<section id=clips>"), std::string::npos);
}

TEST(Report, WhatDecidesStandsInTheFirstColumns) {
  const std::string page = written_experiment({}).page();
  const std::size_t head = page.find("<table class=differences>");
  std::vector<std::string> columns;
  static const std::regex column("<th scope=col(?: class=(?:\"number )?([a-z]+)\"?)?>");
  const std::string row = page.substr(head, page.find("</tr>", head) - head);
  for (std::sregex_iterator it(row.begin(), row.end(), column), end; it != end; ++it)
    columns.push_back((*it)[1]);
  EXPECT_EQ(columns, (std::vector<std::string>{"", "difference", "drawing", "interval", "verdict", "mean",
                                               "p", "holm", "dz", "pairs"}));  // of the motion itself
  const std::size_t next = page.find("<table class=differences>", head + 1);
  const std::string consistency = page.substr(next, page.find("</tr>", next) - next);
  EXPECT_LT(consistency.find(">verdict</th>"), consistency.find(">motion, px</th>"));
  EXPECT_LT(consistency.find(">motion, px</th>"), consistency.find(">mean</th>"));
}

TEST(Report, AFailedCellIsToldWhereItsClipWouldBe) {
  const temporary_folder folder;
  const made_experiment of{.prompts = {"a"}, .seeds = {0}};
  for (std::size_t arm = 0; arm < 3; ++arm) {
    result cell = made_result(of, arm, 0, 0);
    write_result(folder / concat(arm, ".h5"), arm == 1 ? failed_result(cell, "no memory left") : cell);
  }
  const std::string page = report_page(read_whole_results({folder.path()}));
  EXPECT_TRUE(mentions(page, "<a href=#missing>1 failed</a>"));
  EXPECT_EQ(count(page, "no memory left"), 2u);
}

TEST(Report, WhatIsTheSameInAllArmsTakesOneLine) {
  const temporary_folder folder;
  const made_experiment of{.prompts = {"a"}};
  for (std::size_t arm = 0; arm < 2; ++arm)
    for (std::size_t seed = 0; seed < 2; ++seed) {
      result cell = made_result(of, arm, 0, seed);
      cell.metrics = made_result(of, 0, 0, seed).metrics;
      write_result(folder / concat(arm, seed, ".h5"), cell);
    }
  const std::string page = report_page(read_whole_results({folder.path()}));
  EXPECT_TRUE(mentions(page,
                       "for every prompt and seed: <bdi>motion_amount</bdi>, <bdi>temporal_flickering</bdi>, "
                       "<bdi>warp_error</bdi>."));
  EXPECT_EQ(count(page, "class=measure>"), 2u);  // time and memory differ
}

TEST(Report, CurvesStandOverTheAxisThatTheMetricGives) {
  const std::string page = written_experiment({}).page();
  EXPECT_EQ(count(page, "<bdi>error</bdi> over <bdi>lag</bdi>"), 1u);
  EXPECT_TRUE(mentions(page, "lag, frames</text>"));
  EXPECT_EQ(page.find("<bdi>lag</bdi>:"), std::string::npos);
}

TEST(Report, DistancesFromTheFirstFrameStandOverFrames) {
  const temporary_folder folder;
  result cell = made_result({}, 0, 0, 0);
  cell.metrics["colour_drift"] = {"intensity", "lower", 0.1, {}, {{"from_first", {0.05, 0.1, 0.15}}}, ""};
  cell.metrics["mine"] = {"", "lower", 0.1, {}, {{"values", {1, 2}}}, ""};
  write_result(folder / "0.h5", cell);
  const std::string page = report_page(read_whole_results({folder.path()}));
  EXPECT_TRUE(mentions(page, "<bdi>from_first</bdi> over <bdi>frame</bdi>"));
  EXPECT_TRUE(mentions(page, "frame</text>"));
  EXPECT_TRUE(mentions(page, "point</text>"));  // a curve of which nobody says over what
}

TEST(Report, EveryMeasureIsDefined) {
  const std::string page = written_experiment({.arms = {"conv"}}).page();  // one arm, so no differences
  EXPECT_TRUE(
      mentions(page,
               "<dt><bdi>warp_error</bdi></dt><dd>what the flow from frame to frame does not explain, "
               "occlusions left out (squared levels); lower is better</dd>"));
  EXPECT_TRUE(mentions(
      page,
      "<dt><bdi>speed/unet_step</bdi></dt><dd>time of the UNet, a step (seconds); lower is better</dd>"));
  EXPECT_TRUE(mentions(page, "↑ higher is better, ↓ lower is better"));
}

TEST(Report, TradeOffsOpenOnTheWarpErrorAndPrintConsistency) {
  const temporary_folder folder;
  for (std::size_t arm = 0; arm < 2; ++arm) {
    result cell = made_result({}, arm, 0, 0);
    cell.metrics["adherence_all"] = {"right", "higher", static_cast<double>(arm), {}, {}, ""};
    write_result(folder / concat(arm, ".h5"), cell);
  }
  const std::string page = report_page(read_whole_results({folder.path()}));
  const std::size_t choice = page.find("<select id=tradeoff-metric>");
  const std::string choices = page.substr(choice, page.find("</select>", choice) - choice);
  EXPECT_LT(choices.find("warp_error"), choices.find("temporal_flickering"));
  EXPECT_LT(choices.find("temporal_flickering"), choices.find("adherence_all"));
  EXPECT_EQ(count(page, "class=\"plots tradeoff on-paper\""), 2u);
  EXPECT_EQ(count(page, "class=\"plots tradeoff\""), 1u);
}

TEST(Report, OneOfSomethingIsSingular) {
  const temporary_folder folder;
  for (std::size_t arm = 0; arm < 3; ++arm) {
    result cell = made_result({.seeds = {0}}, arm, 3, 0);  // of the third arm the clip stands still
    cell.threads = 1;
    write_result(folder / concat(arm, ".h5"), cell);
  }
  const std::string page = report_page(read_whole_results({folder.path()}));
  EXPECT_TRUE(mentions(page, "CPU: made for a test, 1 thread<"));
  EXPECT_TRUE(mentions(page, "with 1 pair and 6 tests"));
  EXPECT_TRUE(mentions(page, "1 of 1 clip of"));
  EXPECT_TRUE(mentions(page, " stands still"));
}

TEST(Report, UnknownNamesAreUsageErrors) {
  const written_experiment made({});
  EXPECT_TRUE(mentions(failure_of([&] { made.page({.baseline = "cnv"}); }), "usage: there is no arm 'cnv'"));
  EXPECT_TRUE(mentions(failure_of([&] { made.page({.costs = {"speed/unet"}}); }), "usage: unknown measure"));
}

}  // namespace
}  // namespace zoetrope
