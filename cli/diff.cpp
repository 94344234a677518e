// `zoetrope diff`: two configs in lockstep, or one against recorded activations: where do they part?
#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/prepared_run.hpp"
#include "cli/progress.hpp"
#include "cli/text_table.hpp"
#include "core/io/hdf5_file.hpp"
#include "core/json_text.hpp"
#include "core/name_messages.hpp"
#include "core/tensor/weights.hpp"
#include "eval/lockstep_diff.hpp"
#include "eval/number_text.hpp"
#include "eval/recorded_activations.hpp"

namespace zoetrope {

namespace {

struct diff_arguments {
  std::string a, b, recorded, noise, output;
  std::vector<std::string> sets, layers;
  double tolerance = 0;
  int64_t rows = 20;
  bool as_json = false, quiet = false;
};

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// What JSON cannot say is null.
json finite(double value) { return std::isfinite(value) ? json(value) : json(); }

prepared_run prepare(const std::string& file, const diff_arguments& chosen, const console& out) {
  return loaded_run({.config_file = file, .sets = chosen.sets}, out);
}

// Recorded draws [draws, b, c, f, h, w] for what the scheduler asks for.
noise_source recorded_noise(const std::string& file, at::Device device) {
  const tensor_map tensors = load_tensors(file);
  const auto named = tensors.find("noise");
  ZT_CHECK(named != tensors.end() && named->second.dim() == 6, bad_input, file,
           ": wanted a tensor 'noise' [draws, b, c, f, h, w]");
  return
      [bank = named->second, next = int64_t{0}, device](at::IntArrayRef shape, at::ScalarType dtype) mutable {
        ZT_CHECK(next < bank.size(0), bad_input,
                 "--noise: ", counted(static_cast<std::size_t>(bank.size(0)), "draw"),
                 "; one more was asked for");
        const at::Tensor draw = bank[next++];
        ZT_CHECK(draw.sizes() == shape, bad_input, "--noise: a draw of ", draw.sizes(), ", wanted ", shape);
        return draw.to(device, dtype);
      };
}

// The settings in which two configs differ: {key: [a, b]}.
json changed_settings(const generation_settings& a, const generation_settings& b) {
  const json first = to_json(a), second = to_json(b);
  json changed = json::object();
  for (const auto& [key, value] : first.items())
    if (key != "output" && value != second.at(key)) changed[key] = {value, second.at(key)};
  return changed;
}

void tell_names(const console& out, const std::vector<std::string>& names, const std::string& what) {
  if (names.empty()) return;
  out.print(concat(counted(names.size(), "layer"), what, first_names(names, 5)));
}

void print_table(const console& out, const activation_diff& diff, int64_t rows) {
  text_table table({">step", "layer", ">max abs", ">relative"});
  int64_t shown = 0, parting = 0;
  for (const activation_error& error : diff.errors()) {
    parting += diff.parts(error);
    if (rows > 0 && (!diff.parts(error) || shown == rows)) continue;
    table.row(
        {std::to_string(error.step), error.layer, short_number(error.max_abs), short_number(error.relative)});
    ++shown;
  }
  if (shown > 0) table.print(out);
  if (rows > 0 && parting > shown) out.print(concat("… and ", parting - shown, " more (--rows 0: all)"));
}

void print(const console& out, const activation_diff& diff, const json& changed, int64_t rows) {
  for (const auto& [key, values] : changed.items())
    out.print(concat(key, ": ", compact(values[0]), " and ", compact(values[1])));
  tell_names(out, diff.only_in_a(), " only in the first: ");
  tell_names(out, diff.only_in_b(), " only in the second: ");
  std::vector<std::string> misfits;
  for (const auto& [layer, shapes] : diff.misfits()) misfits.push_back(layer + " " + shapes);
  tell_names(out, misfits, " not compared, as shapes differ: ");
  print_table(out, diff, rows);
  const std::string allowed =
      diff.tolerance() > 0 ? concat("within ", short_number(diff.tolerance())) : "to the bit";
  if (const activation_error* first = diff.first())
    out.print(concat("they part at ", first->layer, ", step ", first->step, ": max abs ",
                     short_number(first->max_abs), ", relative ", short_number(first->relative)));
  else
    out.print(concat("they agree ", allowed, ": ", counted(diff.errors().size(), "output"), " compared"));
}

json to_json(const activation_diff& diff, const json& changed) {
  const auto entry = [](const activation_error& error) {
    return json{{"step", error.step},
                {"layer", error.layer},
                {"max_abs", finite(error.max_abs)},
                {"relative", finite(error.relative)}};
  };
  json errors = json::array();
  for (const activation_error& error : diff.errors()) errors.push_back(entry(error));
  const activation_error* first = diff.first();
  return {{"first", first ? entry(*first) : json()},
          {"tolerance", diff.tolerance()},
          {"errors", errors},
          {"only_in_a", diff.only_in_a()},
          {"only_in_b", diff.only_in_b()},
          {"misfits", diff.misfits()},
          {"settings", changed}};
}

struct finding {
  activation_diff diff;
  json changed = json::object();
};

finding compare(const diff_arguments& chosen, const console& out) {
  progress bar(progress_style(out.quiet), "comparing", "step");
  const diff_options options{
      .tolerance = chosen.tolerance, .layers = chosen.layers, .on_step = [&](int64_t done, int64_t count) {
        bar.update(done, count);
        return pending_signal() == 0;
      }};
  prepared_run a = prepare(chosen.a, chosen, out);
  if (!chosen.noise.empty()) a.call.noise = recorded_noise(chosen.noise, a.model.device);
  if (chosen.recorded.empty()) {
    const prepared_run b = prepare(chosen.b, chosen, out);
    return {diff_in_lockstep({a.model, a.call}, {b.model, b.call}, options),
            changed_settings(a.settings(), b.settings())};
  }
  const diff_run run{a.model, a.call};
  const recorded_activations recorded = read_recorded_activations(chosen.recorded, step_count(run));
  if (!recorded.unused.empty())
    out.note(concat(chosen.recorded, ": not activations, not used: ", joined(recorded.unused)));
  return {diff_with_recorded(run, recorded.seen, options)};
}

int run(const diff_arguments& chosen, console& out, const std::string& command_line) {
  out.quiet = chosen.quiet || chosen.as_json;
  ZT_CHECK(chosen.b.empty() != chosen.recorded.empty(), usage,
           "diff: give two configs, or one and --recorded FILE");
  ZT_CHECK(chosen.noise.empty() || chosen.b.empty(), usage, "--noise goes with --recorded");
  ZT_CHECK(chosen.tolerance >= 0, usage, "--tolerance: got ", chosen.tolerance, ", wanted 0 or more");
  expect_replaceable(chosen.output, ".h5");
  const finding found = compare(chosen, out);
  ZT_CHECK(!found.diff.errors().empty(), usage, "diff: no layer could be compared",
           chosen.layers.empty() ? "" : " (--layer " + joined(chosen.layers) + ")");
  if (!chosen.output.empty())
    write_activation_diff(chosen.output, found.diff,
                          {{"a", chosen.a},
                           {"b", chosen.recorded.empty() ? chosen.b : chosen.recorded},
                           {"settings", compact(found.changed)},
                           {"command", command_line}});
  if (chosen.as_json)
    out.print(pretty(to_json(found.diff, found.changed)));
  else
    print(out, found.diff, found.changed, chosen.rows);
  return found.diff.first() ? exit_code(error_kind::runtime) : 0;
}

}  // namespace

void add_diff(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<diff_arguments>();
  CLI::App* command = program.add_subcommand("diff", "names the first layer where two generations part");
  command->add_option("a", chosen->a, "JSON or YAML, as for generate --config")->required();
  command->add_option("b", chosen->b, "another one, run in lockstep on the same noise");
  command
      ->add_option("--recorded", chosen->recorded,
                   "activations of another system instead: .safetensors with STEP.tap.LAYER, "
                   "unet_out_per_step, latents_per_step, video (docs/look-inside.md)")
      ->type_name("FILE");
  command
      ->add_option(
          "--noise", chosen->noise,
          "with --recorded: .safetensors with 'noise' [draws,clips,channels,frames,height,width], what "
          "the scheduler drew")
      ->type_name("FILE");
  command->add_option("--set", chosen->sets, "one more setting of both, e.g. steps=2")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--tolerance", chosen->tolerance,
                   "largest max abs error that counts as equal; 0: to the bit")
      ->type_name("X")
      ->capture_default_str();
  command
      ->add_option("--layer", chosen->layers,
                   "only layers whose names contain this; several if given several times")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command->add_option("--output", chosen->output, "all errors as HDF5")->type_name("FILE");
  command
      ->add_option("--rows", chosen->rows,
                   "so many of the layers that part are listed; 0: all layers, equal ones too")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--json", chosen->as_json, "as JSON on stdout");
  command->add_flag("-q,--quiet", chosen->quiet, "no notes, no progress");
  command->footer("Exit code 0 if no layer parts, else 1. Both models are in memory at once.");
  command->callback(
      [chosen, &context] { context.exit_code = run(*chosen, context.out, context.command_line); });
}

}  // namespace zoetrope
