// See same_training.hpp.
#include "training/same_training.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace zoetrope {

namespace {

constexpr const char* free_keys[] = {"name",
                                     "output",
                                     "device",
                                     "steps",
                                     "until",
                                     "require",
                                     "workers",
                                     "bucket_megabytes",
                                     "log_every",
                                     "evaluate_every",
                                     "evaluate_at_start",
                                     "evaluation",
                                     "validation",
                                     "saved_precision",
                                     "cache",
                                     "checkpoint_every",
                                     "checkpoint_from",
                                     "keep_checkpoints",
                                     "restore_optimizer",
                                     "plugin",  // what lies there is compared: training_origin.hpp
                                     "model.pretrained",
                                     "model.unet_weights",
                                     "data.folder",
                                     "data.file",
                                     "data.skip_bad",
                                     "data.check_threads"};

bool is_free(const std::string& key) {
  return std::find(std::begin(free_keys), std::end(free_keys), key) != std::end(free_keys);
}

bool is_default(const json& value) { return value.is_null() || (value.is_object() && value.empty()); }

struct difference {
  std::string key;  // "optimizer.beta2"
  json before, now;
};

std::optional<difference> first_difference(const json& before, const json& now, const std::string& key) {
  if (is_free(key) || before == now || (is_default(before) && is_default(now))) return {};
  const auto has_keys = [](const json& value) { return value.is_object() || value.is_null(); };
  if (!has_keys(before) || !has_keys(now)) return difference{key, before, now};
  std::set<std::string> below;
  for (const json* each : {&before, &now})
    for (const auto& item : each->items()) below.insert(item.key());
  const auto at = [](const json& value, const std::string& name) {
    return value.is_object() ? value.value(name, json()) : json();
  };
  for (const std::string& name : below)
    if (auto found = first_difference(at(before, name), at(now, name), key.empty() ? name : key + "." + name))
      return found;
  return {};
}

std::string shown(const json& value) {
  return is_default(value) ? "its default"
                           : printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 60);
}

}  // namespace

void expect_same_training(const json& before, const json& now, const std::string& where) {
  const auto found = first_difference(before, now, "");
  ZT_CHECK(!found, usage, where, ": was trained with ", found->key, " ", shown(found->before), ", now it is ",
           shown(found->now), "; put that back, or choose another folder");
}

}  // namespace zoetrope
