// See training_origin.hpp.
#include "training/training_origin.hpp"

#include <map>

#include "core/io/atomic_file.hpp"
#include "core/io/sha256.hpp"
#include "core/names.hpp"
#include "pipelines/part_programs.hpp"
#include "pipelines/plugin.hpp"
#include "training/dataset.hpp"
#include "training/latent_cache.hpp"
#include "training/model_folder.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = "origin.json";
constexpr const char* put_back = "put that back, or choose another folder";
constexpr std::size_t most_named = 3;

std::string hash_of_vocabulary(const fs::path& folder) {
  std::string seen;
  for (const char* name : {"vocab.json", "merges.txt", "tokenizer.json", "added_tokens.json"})
    if (fs::exists(folder / name)) seen += concat(name, " ", sha256_of_file(folder / name), "\n");
  return sha256_of(seen);
}

// What an example is to a training, without its name.
std::string content_of(const json& example) {
  return json{example.at("caption"), example.at("source")}.dump();
}

// Names of those of `some` that `others` has fewer of.
std::vector<std::string> only_in(const json& some, const json& others) {
  std::map<std::string, int64_t> there;
  for (const json& each : others) ++there[content_of(each)];
  std::vector<std::string> names;
  for (const json& each : some)
    if (--there[content_of(each)] < 0) names.push_back(each.at("name"));
  return names;
}

std::string told(const std::vector<std::string>& names, const char* what) {
  if (names.empty()) return "";
  const std::size_t shown = std::min(names.size(), most_named);
  const std::string list = joined({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)});
  return concat("; ", what, ": ", list,
                shown < names.size() ? concat(" and ", names.size() - shown, " more") : "");
}

// "b.mp4: its caption was …"
std::string change_of(const json& before, const json& now) {
  const std::string name = now.at("name");
  if (before.at("source") != now.at("source")) return name + ": its files or frames are others";
  return concat(name, ": its caption was ", printable(before.at("caption").dump(), 60), ", now it is ",
                printable(now.at("caption").dump(), 60));
}

// Of two lists of one length.
void expect_same_list(const json& before, const json& now, const std::string& where) {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < now.size(); ++i)
    if (content_of(before[i]) != content_of(now[i])) others.push_back(i);
  if (others.empty()) return;
  throw error(error_kind::usage, concat(where, ": ", others.size(), " of ", now.size(),
                                        " examples are not what it was trained on; the first: ",
                                        change_of(before[others[0]], now[others[0]]), "; ", put_back));
}

void expect_same_data(const json& before, const json& now, const std::string& where) {
  const int64_t had = before.at("examples"), has = now.at("examples");
  const json &listed = before.at("listed"), &lists = now.at("listed");
  ZT_CHECK(had == has, usage, where, ": was trained on ", had, " examples, now data has ", has,
           told(only_in(lists, listed), "new"), told(only_in(listed, lists), "gone"), "; ", put_back);
  ZT_CHECK(listed.size() == lists.size(), usage, where, ": was trained on data of another kind; ", put_back);
  expect_same_list(listed, lists, where);
}

// What the comparisons below rely on.
void check_origin(const json& origin) {
  const auto holds = [](const json& object, const char* key, const auto& is_kind) {
    return object.is_object() && object.contains(key) && is_kind(object[key]);
  };
  const auto is_text = [](const json& value) { return value.is_string(); };
  ZT_CHECK(origin.is_object(), bad_input, "wanted an object, got ", origin.type_name());
  ZT_CHECK(!origin.contains("model") || origin["model"].is_object(), bad_input, "model: wanted an object");
  if (!origin.contains("data")) return;
  const json& data = origin["data"];
  ZT_CHECK(holds(data, "examples", [](const json& value) { return value.is_number_unsigned(); }) &&
               holds(data, "listed", [](const json& value) { return value.is_array(); }),
           bad_input, "data: wanted a number of examples and those that are listed");
  for (const json& example : data["listed"])
    ZT_CHECK(holds(example, "name", is_text) && holds(example, "caption", is_text) &&
                 holds(example, "source", is_text),
             bad_input, "data: wanted name, caption and source of each example, got ",
             printable(example.dump(), 60));
}

}  // namespace

json origin_of(const training_model& model) {
  const auto hash = [&](const char* part, const module& weights) {
    return cache_key({model.description.configs.component(part).dump(), weights_hash(weights)});
  };
  const text_to_video_model& parts = model.parts;
  json origin = {{"unet", hash("unet", *parts.unet)},
                 {"vae", hash("vae", *parts.vae)},
                 {"text_encoder", hash("text_encoder", *parts.text_encoder)},
                 {"text_encoder_2", hash("text_encoder_2", *parts.text_encoder_2)},
                 {"tokenizer", hash_of_vocabulary(model.description.tokenizer)},
                 {"tokenizer_2", hash_of_vocabulary(model.description.tokenizer_2)},
                 {"scheduler", cache_key({parts.scheduler_class, parts.scheduler_config.dump()})},
                 {"model_index.json", sha256_of(model.description.configs.index.dump())}};
  for (const std::string& file : torchscript_files(model.description.configs.component("unet")))
    origin[concat("TorchScript ", file)] = sha256_of_file(file);
  for (const fs::path& file : loaded_plugins())
    origin[concat("plug-in ", file.filename().string())] = sha256_of_file(file);
  return origin;
}

json origin_of(const dataset& data) {
  json listed = json::array();
  for (int64_t i = 0; i < data.size(); ++i) {
    const std::string source = data.source_key(i);
    if (source.empty()) break;
    listed.push_back(
        {{"name", data.name(i)}, {"caption", data.label(i).caption}, {"source", sha256_of(source)}});
  }
  return {{"examples", data.size()}, {"listed", listed}};
}

void write_origin(const fs::path& folder, const json& origin) {
  write_text_file(folder / file_name, origin.dump(1) + "\n");
}

json read_origin(const fs::path& folder) {
  const fs::path file = folder / file_name;
  ZT_CHECK(fs::exists(file), usage, printable(folder.string()), ": has no ", file_name,
           ", which says what it was trained from: an earlier version left it; go on with that one, or "
           "choose another folder");
  const json origin = parse_json(read_text_file(file, std::size_t{1} << 32), file.string());
  in_context(printable(file.string()), [&] { check_origin(origin); });
  return origin;
}

void expect_same_origin(const json& before, const json& now, const std::string& where) {
  const json was = before.value("model", json::object()), is = now.value("model", json::object());
  for (const auto& [part, hash] : is.items())
    ZT_CHECK(was.value(part, json()) == hash, usage, where, ": began with another ", printable(part),
             ": that of the model has another content now; ", put_back);
  if (!now.contains("data")) return;
  ZT_CHECK(before.contains("data"), usage, where, ": does not say what data it was trained on; ", put_back);
  expect_same_data(before.at("data"), now.at("data"), where);
}

}  // namespace zoetrope
