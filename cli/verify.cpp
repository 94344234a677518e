// `zoetrope verify`: runs reference cases and says of each whether its outputs are those of the original.
#include <algorithm>
#include <iomanip>

#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "core/json_text.hpp"
#include "core/registry.hpp"
#include "core/tensor/device.hpp"
#include "eval/reference_case.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

// A folder with case.json is a case; any other is searched for cases below it.
std::vector<fs::path> cases_in(const fs::path& folder) {
  ZT_CHECK(fs::is_directory(folder), bad_input, folder.string(), ": no such folder");
  if (fs::exists(folder / "case.json")) return {folder};
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename() == "case.json") found.push_back(entry.path().parent_path());
  ZT_CHECK(!found.empty(), bad_input, folder.string(), ": holds no case (no case.json in it or below it)");
  std::sort(found.begin(), found.end());
  return found;
}

// Each as soon as it is known, and so in no table: a case can take minutes.
void print_result(const console& out, const reference_result& result) {
  out.print(concat(result.ok ? "ok    " : "FAIL  ", printable(result.name), " (", printable(result.kind),
                   "): error ", std::setprecision(3), result.error, ", allowed ", result.tolerance));
  for (const std::string& failure : result.failures) out.print("      " + failure);
}

json to_json(const fs::path& folder, const reference_result& result) {
  return {{"case", folder.string()},   {"name", result.name},        {"kind", result.kind},
          {"ok", result.ok},           {"error", result.error},      {"tolerance", result.tolerance},
          {"checked", result.checked}, {"failures", result.failures}};
}

}  // namespace

void add_verify(CLI::App& program, command_context& context) {
  struct options {
    std::vector<std::string> cases;
    int threads = 0;
    bool as_json = false;
  };
  auto chosen = std::make_shared<options>();
  CLI::App* command =
      program.add_subcommand("verify", "runs reference cases against the numbers of the originals");
  command->add_option("case", chosen->cases, "folders with a case.json, or folders to search for such")
      ->required();
  command->add_option("--threads", chosen->threads, "CPU threads; 0: all cores")->capture_default_str();
  command->add_flag("--json", chosen->as_json, "as JSON on stdout");
  command->footer("Exit code 0 only if every output of every case holds, else 1.");
  command->callback([chosen, &context] {
    set_thread_count(chosen->threads);
    std::vector<fs::path> folders;
    for (const std::string& name : chosen->cases)
      for (const fs::path& folder : cases_in(name)) folders.push_back(folder);
    json all = json::array();
    std::size_t held = 0;
    for (const fs::path& folder : folders) {
      stop_if_interrupted();
      const reference_result result = verify_case(folder);
      held += result.ok;
      if (chosen->as_json)
        all.push_back(to_json(folder, result));
      else
        print_result(context.out, result);
    }
    if (chosen->as_json)
      context.out.print(pretty(all));
    else if (folders.size() > 1)
      context.out.note(concat(held, " of ", folders.size(), " cases hold"));
    if (held != folders.size()) context.exit_code = exit_code(error_kind::runtime);
  });
}

}  // namespace zoetrope
