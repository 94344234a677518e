// See motion_weights.hpp.
#include "models/motion_weights.hpp"

#include <algorithm>
#include <set>

#include "core/io/model_directory.hpp"
#include "models/motion_keys.hpp"
#include "models/presets.hpp"
#include "models/weight_file_path.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;
using family = motion_weights::family;

// One temporal module as its tensors show it.
struct module_shape {
  int64_t frames = 0;            ///< rows of the positional table; 0: it has none
  std::set<std::string> blocks;  ///< "0", "1", …
  std::set<std::string> attentions;
  std::set<std::string> cross;  ///< those of the attentions whose keys are not as wide as the module
  auto operator<=>(const module_shape&) const = default;
};

// The number behind `mark` in a key; "" where it is not there.
std::string number_behind(const std::string& key, const std::string& mark) {
  const std::size_t at = key.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + mark.size();
  return key.substr(begin, std::min(key.find('.', begin), key.size()) - begin);
}

std::string attention_in(const std::string& key) {
  for (const auto& [name, index] : {std::pair(".attn1.", "0"), {".attn2.", "1"}})
    if (key.find(name) != std::string::npos) return index;
  return number_behind(key, ".attention_blocks.");
}

void add_tensor(module_shape& module, const stored_tensor& stored) {
  const std::string& key = stored.name;
  const bool table = key.ends_with(".positional_encoding") || key.ends_with(".pe");
  if (table && stored.shape.size() == 3) module.frames = stored.shape[1];
  if (const std::string block = number_behind(key, ".transformer_blocks."); !block.empty())
    module.blocks.insert(block);
  const std::string attention = attention_in(key);
  if (attention.empty()) return;
  module.attentions.insert(attention);
  const bool keys = key.ends_with(".to_k.weight") && stored.shape.size() == 2;
  if (keys && stored.shape[0] != stored.shape[1]) module.cross.insert(attention);
}

family family_of(const std::string& key) {
  if (key.find(".temporal_attentions.") != std::string::npos) return family::hotshot;
  return key.find(".temporal_transformer.") != std::string::npos ? family::animatediff
                                                                 : family::motion_adapter;
}

// "down_blocks.1.motion_modules.0" of a key of a motion module
std::string module_of(const std::string& key) {
  for (const std::string mark : {".temporal_attentions.", ".motion_modules."})
    if (const std::size_t at = key.find(mark); at != std::string::npos)
      return key.substr(0, key.find('.', at + mark.size()));
  return "";
}

std::vector<std::string> placement_of(const std::set<std::string>& modules) {
  std::vector<std::string> places;
  for (const auto& [place, mark] :
       {std::pair("down", "down_blocks."), {"mid", "mid_block."}, {"up", "up_blocks."}})
    if (std::any_of(modules.begin(), modules.end(), [&, mark = mark](const std::string& name) {
          return name.find(mark) != std::string::npos;
        }))
      places.push_back(place);
  return places;
}

json temporal_options(const module_shape& module, family origin) {
  std::vector<std::string> attentions;
  for (const std::string& index : module.attentions)
    attentions.push_back(module.cross.count(index) ? "cross" : "self");
  json options{{"type", "transformer"},
               {"attentions", attentions},
               {"depth", module.blocks.size()},
               // diffusers' AnimateDiffTransformer3D norms over the clip, the two originals every frame
               {"norm_scope", origin == family::motion_adapter ? "clip" : "frame"},
               {"zero_init", origin != family::hotshot}};
  if (module.frames > 0)
    options["maximum_frames"] = module.frames;
  else
    options["position"] = {{"type", "none"}};
  return options;
}

// AnimateDiff v1, whose tables have 24 rows, and Hotshot-XL leave the image model's norms to run over the
// clip; later releases have 32 rows and norm every frame.
std::string scope_of(const module_shape& module, family origin) {
  constexpr int64_t first_release = 24;
  if (origin == family::hotshot) return "clip";
  return origin == family::animatediff && module.frames == first_release ? "clip" : "frame";
}

void read_adapter_config(const config& adapter, json& temporal) {
  if (adapter.get("_class_name", "") != "MotionAdapter") return;
  if (adapter.has("conv_in_channels"))
    throw adapter.at("conv_in_channels").fail("a changed conv_in (PIA) is not supported");
  temporal["heads"] = adapter.bounded("motion_num_attention_heads", 8, 1, 65536);
  temporal["groups"] = adapter.bounded("motion_norm_num_groups", 32, 1, 65536);
}

struct opened {
  std::vector<safetensors_file> files;
  std::optional<config> options;
};

opened open(const fs::path& path) {
  if (fs::is_regular_file(path)) return {{open_weight_file(path)}, {}};
  const bool component = fs::is_directory(path) && !fs::exists(path / "model_index.json");
  const model_component part =
      component ? model_component::open(path) : model_directory::open(path.string()).component("unet");
  return {part.open_weights(), part.read_config()};
}

motion_weights read(opened source) {
  std::map<std::string, module_shape> modules;
  motion_weights motion{};
  for (const safetensors_file& file : source.files)
    for (const stored_tensor& stored : file.tensors()) {
      if (!is_motion_key(stored.name)) {
        ++motion.unused;
        continue;
      }
      const family origin = family_of(stored.name);
      ZT_CHECK(motion.tensors == 0 || origin == motion.origin, bad_input, "key '", printable(stored.name),
               "' is of another family than those before it");
      motion.origin = origin;
      ++motion.tensors;
      add_tensor(modules[module_of(stored.name)], stored);
    }
  ZT_CHECK(motion.tensors > 0, bad_input,
           "no temporal weights in it (wanted keys with .temporal_attentions. or .motion_modules.)");
  std::set<std::string> names;
  const module_shape& first = modules.begin()->second;
  for (const auto& [name, shape] : modules) {
    ZT_CHECK(shape == first, bad_input, "module ", printable(name), " is not built as ",
             printable(modules.begin()->first), " is (frames ", shape.frames, " and ", first.frames,
             ", blocks ", shape.blocks.size(), " and ", first.blocks.size(), ", attentions ",
             shape.attentions.size(), " and ", first.attentions.size(), ")");
    names.insert(name);
  }
  motion.modules = static_cast<int64_t>(modules.size());
  motion.temporal = temporal_options(first, motion.origin);
  motion.temporal["placement"] = placement_of(names);
  motion.norm_scope = scope_of(first, motion.origin);
  if (source.options) read_adapter_config(*source.options, motion.temporal);
  motion.files = std::move(source.files);
  return motion;
}

}  // namespace

motion_weights open_motion_weights(const fs::path& path) {
  return in_context(concat("motion weights ", printable(path.string())), [&] { return read(open(path)); });
}

json with_motion(const json& unet, const motion_weights& motion) {
  json video = video_unet_config(unet);
  video["temporal"] = motion.temporal;
  video["norm_scope"] = motion.norm_scope;
  return video;
}

std::string describe(const motion_weights& motion) {
  static const std::map<family, const char*> names{{family::hotshot, "Hotshot-XL's temporal layers"},
                                                   {family::animatediff, "AnimateDiff's motion modules"},
                                                   {family::motion_adapter, "diffusers' MotionAdapter"}};
  const std::string frames =
      motion.temporal.contains("maximum_frames")
          ? concat("at most ", motion.temporal["maximum_frames"].get<int64_t>(), " frames")
          : "no positional table";
  return concat(names.at(motion.origin), ": ", motion.modules, " modules (",
                joined(motion.temporal["placement"].get<std::vector<std::string>>()), "), ", frames,
                ", their norms over the ", motion.temporal["norm_scope"].get<std::string>(),
                ", the resnets' over the ", motion.norm_scope, "; ", motion.tensors, " tensors taken, ",
                motion.unused, " of other layers not");
}

}  // namespace zoetrope
