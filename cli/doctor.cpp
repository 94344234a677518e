// `zoetrope doctor`: what this build and this machine have, a line each.
#include "cli/commands.hpp"
#include "core/byte_size.hpp"
#include "core/json_text.hpp"
#include "core/tensor/device.hpp"
#include "core/tensor/machine.hpp"
#include "eval/number_text.hpp"
#include "pipelines/demo_model.hpp"

namespace zoetrope {

void add_doctor(CLI::App& program, command_context& context) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = program.add_subcommand("doctor", "what this build and this machine have");
  command->add_flag("--json", *as_json, "as JSON on stdout");
  command->callback([as_json, &context] {
    const machine_info machine = this_machine();
    const at::Device device = parse_device("auto");
    const auto model = find_demo_model();
    if (*as_json) {
      json tree = to_json(machine);
      tree["zoetrope"] = ZOETROPE_VERSION;
      tree["device"] = device.str();
      tree["model"] = model ? json(model->string()) : json();
      context.out.print(pretty(tree));
      return;
    }
    const auto line = [&](std::string name, const std::string& value) {
      name.resize(12, ' ');
      context.out.print(name + value);
    };
    std::vector<std::string> features(machine.cpu.features.begin(), machine.cpu.features.end());
    std::erase_if(features, [](const std::string& name) {
      return !name.starts_with("avx") && !name.starts_with("amx") && !name.starts_with("asimd") &&
             name != "fma";
    });
    const auto precision = [&](at::ScalarType dtype) {
      return resolve_precision(dtype, device).dtype == dtype ? "computed as it is" : "upcast to f32 at load";
    };
    line("zoetrope", concat(ZOETROPE_VERSION, ", ", machine.build_type, ", compiler ", machine.compiler));
    line("libtorch", machine.torch_version);
    line("cpu", concat(machine.cpu.model, ", ", counted(static_cast<std::size_t>(machine.cpu.cores), "core"),
                       ", ", counted(static_cast<std::size_t>(machine.threads), "thread"), " used"));
    line("features", joined(features, " "));
    line("memory", concat(readable_bytes(machine.memory_bytes), ", ", readable_bytes(machine.available_bytes),
                          " free"));
    line("cuda", machine.cuda_status);
    std::vector<std::string> numerics;
    for (const auto& [name, on] : machine.numerics) numerics.push_back(concat(name, on ? " on" : " off"));
    if (!numerics.empty()) line("numerics", joined(numerics, ", "));
    line("device", concat(device.str(), ": f16 ", precision(at::kHalf), ", bf16 ", precision(at::kBFloat16)));
    line("model", model ? model->string() : "none found: give --pretrained_path or set ZOETROPE_MODEL");
  });
}

}  // namespace zoetrope
