// `zoetrope report`: results as one HTML page.
#include "eval/report/report.hpp"

#include "cli/commands.hpp"
#include "cli/result_places.hpp"
#include "cli/set_flags.hpp"
#include "core/byte_size.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/image.hpp"
#include "pipelines/plugin.hpp"

namespace zoetrope {

namespace {

struct report_arguments {
  result_places places;
  std::filesystem::path output = "report.html";
  report_options page;
  comparison_flags comparison;
  set_flags sets;
  bool no_clips = false;
};

void run(const report_arguments& chosen, const console& out) {
  for (const std::string& library : chosen.sets.plugins) load_plugin(library);  // their metrics' summaries
  report_options options = chosen.page;
  if (chosen.no_clips) options.clip_side = 0;
  options.baseline = chosen.comparison.baseline;
  options.how = resampling_of(chosen.comparison);
  options.of = observation_of(chosen.comparison);
  ZT_CHECK(chosen.page.clip_side >= 1 && chosen.page.clip_side <= max_image_side, usage, "--clip_side ",
           chosen.page.clip_side, ": wanted 1 to ", max_image_side);
  expect_replaceable(chosen.output, ".html");
  const std::vector<stored_result> cells = read_cells(chosen.places, out);
  if (chosen.sets.given()) {
    const arm_table table(cells);
    expect_arms(table, "--reference, --set_metrics");
    options.sets = compare_sets(table, chosen.sets, chosen.comparison, out);
  }
  const std::string page = report_page(cells, options);
  write_text_file(chosen.output, page);
  out.note(concat(printable(chosen.output.string()), ": ", readable_bytes(static_cast<double>(page.size()))));
}

}  // namespace

void add_report(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<report_arguments>();
  CLI::App* command =
      program.add_subcommand("report", "results as one HTML page: clips, tables, curves, costs");
  add_places(*command, chosen->places);
  add_newest_flag(*command, chosen->places);
  command->add_option("--output", chosen->output, "the page")->type_name("FILE.html")->capture_default_str();
  command
      ->add_option("--costs", chosen->page.costs,
                   "measures against which consistency is plotted, as speed/unet_step; "
                   "a time and a peak of memory if left out")
      ->option_text("A,B")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_comparison_flags(*command, chosen->comparison);
  add_set_flags(*command, chosen->sets);
  command->add_option("--clip_side", chosen->page.clip_side, "frames are shrunk until no side is longer")
      ->type_name("PIXELS")
      ->capture_default_str();
  command->add_flag("--no_clips", chosen->no_clips, "a page without the clips");
  command->callback([chosen, &context] { run(*chosen, context.out); });
}

}  // namespace zoetrope
