// See motion_keys.hpp.
#include "models/motion_keys.hpp"

#include <map>

#include "core/error.hpp"

namespace zoetrope {

namespace {

constexpr std::string_view ours_mark = ".temporal_attentions.", theirs_mark = ".motion_modules.";

struct renamed_part {
  std::string_view ours, theirs;
};

void rename(std::string& name, const renamed_part& part) {
  if (const std::size_t at = name.find(part.ours); at != std::string::npos)
    name.replace(at, part.ours.size(), part.theirs);
}

// "….temporal_attentions.2.proj_in" -> "….motion_modules.2" + infix + ".proj_in"
std::string in_motion_module(const std::string& ours, std::string_view infix) {
  const std::size_t mark = ours.find(ours_mark);
  if (mark == std::string::npos) return "";
  const std::size_t number = mark + ours_mark.size();
  const std::size_t end = std::min(ours.find('.', number), ours.size());
  return concat(ours.substr(0, mark), theirs_mark, ours.substr(number, end - number), infix,
                ours.substr(end));
}

// Checkpoints of a data-parallel training have this before every key.
std::string without_wrapper(const std::string& key) {
  constexpr std::string_view wrapper = "module.";
  return key.starts_with(wrapper) ? key.substr(wrapper.size()) : key;
}

}  // namespace

std::string animatediff_name(const std::string& ours) {
  std::string name = in_motion_module(ours, ".temporal_transformer");
  rename(name, {".pos_encoder.positional_encoding", ".pos_encoder.pe"});
  return name;
}

std::string motion_adapter_name(const std::string& ours) {
  static constexpr renamed_part parts[] = {
      {".attention_blocks.0.pos_encoder.positional_encoding", ".pos_embed.pe"},
      {".attention_blocks.1.pos_encoder.positional_encoding", ".pos_embed.pe"},
      {".attention_blocks.0.", ".attn1."},
      {".attention_blocks.1.", ".attn2."},
      {".norms.0.", ".norm1."},
      {".norms.1.", ".norm2."},
      {".ff_norm.", ".norm3."}};
  std::string name = in_motion_module(ours, "");
  for (const renamed_part& part : parts) rename(name, part);
  return name;
}

bool is_motion_key(const std::string& key) {
  return key.find(ours_mark) != std::string::npos || key.find(theirs_mark) != std::string::npos;
}

key_map motion_keys(const module& unet) {
  std::map<std::string, std::vector<weight_target>> by_name;
  for (const parameter_slot& slot : unet.slots()) {
    if (slot.name.find(ours_mark) == std::string::npos) continue;
    for (const std::string& name : {slot.name, animatediff_name(slot.name), motion_adapter_name(slot.name)})
      by_name[name].push_back({.slot = slot.name});
  }
  return [by_name = std::move(by_name)](const std::string& key) -> std::vector<weight_target> {
    if (!is_motion_key(key)) return {};
    const auto found = by_name.find(without_wrapper(key));
    return found == by_name.end() ? std::vector<weight_target>{{.slot = key}} : found->second;
  };
}

}  // namespace zoetrope
