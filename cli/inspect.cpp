// `zoetrope inspect`: what a model directory or a safetensors file holds, read from headers alone.
#include <algorithm>
#include <map>

#include "cli/commands.hpp"
#include "cli/text_table.hpp"
#include "core/byte_size.hpp"
#include "core/io/model_directory.hpp"
#include "core/json_text.hpp"
#include "models/motion_keys.hpp"
#include "models/motion_weights.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

struct content {
  std::string name, class_name;
  int64_t tensors = 0, parameters = 0, bytes = 0;
  std::map<std::string, int64_t> dtypes;  // parameters of each
  std::vector<std::string> files;
};

bool is_number_type(element_type type) {
  return type != element_type::boolean && type != element_type::i64 && type != element_type::i32 &&
         type != element_type::i16;
}

void add(content& total, const safetensors_file& file) {
  total.files.push_back(file.path().filename().string());
  for (const stored_tensor& tensor : file.tensors()) {
    const int64_t elements = static_cast<int64_t>(tensor.bytes.size() / size_of(tensor.type));
    ++total.tensors;
    if (is_number_type(tensor.type)) total.parameters += elements;
    total.bytes += static_cast<int64_t>(tensor.bytes.size());
    total.dtypes[name_of(tensor.type)] += elements;
  }
}

content content_of(const model_component& component, const std::string& variant) {
  content part{component.name, component.class_name};
  // Tokenizers and schedulers are configuration only.
  if (!component.has_weights(variant) && !component.has_weights()) return part;
  for (const safetensors_file& file : component.open_weights(variant)) add(part, file);
  return part;
}

struct inspection {
  std::string path, class_name;
  std::string motion;  // what temporal weights it has by themselves
  std::vector<content> parts;
};

// One line about the temporal layers of a file that has some.
std::string motion_in(const safetensors_file& file) {
  const auto& tensors = file.tensors();
  const bool some = std::any_of(tensors.begin(), tensors.end(),
                                [](const stored_tensor& stored) { return is_motion_key(stored.name); });
  return some ? describe(open_motion_weights(file.path())) : "";
}

inspection inspect(const std::string& what, const std::string& variant) {
  inspection all{what};
  if (fs::is_regular_file(what)) {
    content file{fs::path(what).filename().string()};
    const safetensors_file opened = safetensors_file::open(what);
    add(file, opened);
    all.motion = motion_in(opened);
    all.parts.push_back(std::move(file));
  } else if (fs::is_directory(what) && !fs::exists(fs::path(what) / "model_index.json")) {
    all.parts.push_back(content_of(model_component::open(what), variant));
  } else {
    const model_directory directory = model_directory::open(what);
    all.path = directory.root().string();
    all.class_name = directory.index().value("_class_name", "");
    for (const model_component& component : directory.components())
      all.parts.push_back(content_of(component, variant));
  }
  return all;
}

content total_of(const inspection& all) {
  content total{"total"};
  for (const content& part : all.parts) {
    total.tensors += part.tensors;
    total.parameters += part.parameters;
    total.bytes += part.bytes;
    for (const auto& [dtype, count] : part.dtypes) total.dtypes[dtype] += count;
  }
  return total;
}

json to_json(const content& part) {
  return {{"name", part.name},       {"class", part.class_name},
          {"tensors", part.tensors}, {"parameters", part.parameters},
          {"bytes", part.bytes},     {"dtypes", part.dtypes},
          {"files", part.files}};
}

void add_row(text_table& table, const content& part) {
  std::vector<std::string> dtypes;
  for (const auto& [name, count] : part.dtypes) dtypes.push_back(name);
  const auto number = [&](const std::string& text) { return part.tensors ? text : "-"; };
  table.row({printable(part.name), printable(part.class_name), number(with_commas(part.tensors)),
             number(with_commas(part.parameters)), number(readable_bytes(static_cast<double>(part.bytes))),
             joined(dtypes, " ")});
}

void print(const console& out, const inspection& all) {
  out.print(all.class_name.empty() ? all.path : concat(all.path, "  (", printable(all.class_name), ")"));
  text_table table({"part", "class", ">tensors", ">parameters", ">bytes", "dtypes"});
  for (const content& part : all.parts) add_row(table, part);
  if (all.parts.size() > 1) add_row(table, total_of(all));
  table.print(out);
  if (!all.motion.empty()) out.print(all.motion);
}

}  // namespace

void add_inspect(CLI::App& program, command_context& context) {
  struct options {
    std::string path, variant;
    bool as_json = false;
  };
  auto chosen = std::make_shared<options>();
  CLI::App* command =
      program.add_subcommand("inspect", "what a model holds: parts, parameters, bytes, dtypes");
  command
      ->add_option("model", chosen->path, "model directory, component folder, .safetensors file, or org/name")
      ->required();
  command->add_option("--variant", chosen->variant, "look at *.NAME.safetensors where there are such")
      ->type_name("NAME");
  command->add_flag("--json", chosen->as_json, "as JSON on stdout");
  command->callback([chosen, &context] {
    const inspection all = inspect(chosen->path, chosen->variant);
    if (!chosen->as_json) return print(context.out, all);
    json parts = json::array();
    for (const content& part : all.parts) parts.push_back(to_json(part));
    const json result = {{"path", all.path},
                         {"class", all.class_name},
                         {"parts", parts},
                         {"total", to_json(total_of(all))},
                         {"motion", all.motion}};
    context.out.print(pretty(result));
  });
}

}  // namespace zoetrope
