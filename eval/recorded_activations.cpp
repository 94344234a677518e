// See recorded_activations.hpp.
#include "eval/recorded_activations.hpp"

#include <ATen/ATen.h>

#include <charconv>

#include "core/error.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

namespace {

// "3.tap.mid_block" -> 3 and "mid_block"
std::optional<std::pair<int64_t, std::string>> tap_of(const std::string& name) {
  static const std::string mark = ".tap.";
  int64_t step = 0;
  const char* end = name.data() + name.size();
  const auto number = std::from_chars(name.data(), end, step);
  const auto place = static_cast<std::size_t>(number.ptr - name.data());
  if (number.ec != std::errc() || name.compare(place, mark.size(), mark) != 0) return {};
  return std::pair(step, name.substr(place + mark.size()));
}

const std::map<std::string, std::string> series{{"unet_out_per_step", "unet"},
                                                {"latents_per_step", "latents"}};

}  // namespace

recorded_activations read_recorded_activations(const std::filesystem::path& file, int64_t steps) {
  recorded_activations recorded;
  const auto add = [&](int64_t step, const std::string& layer, const at::Tensor& output) {
    ZT_CHECK(step >= 0 && step <= steps + 1, bad_input, file.string(), ": '", printable(layer), "' of step ",
             step, "; the config runs ", steps, " steps");
    recorded.seen.push_back({step, layer, output});
  };
  for (const auto& [name, tensor] : load_tensors(file)) {
    if (const auto tap = tap_of(name)) {
      add(tap->first, tap->second, tensor);
    } else if (const auto found = series.find(name); found != series.end()) {
      ZT_CHECK(tensor.dim() == 6, bad_input, file.string(), ": ", name, ": got ", tensor.sizes(),
               ", wanted [steps, b, c, f, h, w]");
      // Latents are of every step: others would mean other timesteps. Of the predictions the first may do.
      ZT_CHECK(found->second != "latents" || tensor.size(0) == steps, bad_input, file.string(), ": ", name,
               ": of ", tensor.size(0), " steps; the config runs ", steps);
      for (int64_t i = 0; i < tensor.size(0); ++i) add(i + 1, found->second, tensor[i]);
    } else if (name == "video") {
      add(steps + 1, name, tensor);
    } else {
      recorded.unused.push_back(name);
    }
  }
  ZT_CHECK(!recorded.seen.empty(), bad_input, file.string(),
           ": no activations: wanted tensors named STEP.tap.LAYER, unet_out_per_step, latents_per_step or "
           "video");
  return recorded;
}

}  // namespace zoetrope
