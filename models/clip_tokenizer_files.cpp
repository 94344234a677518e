// See clip_tokenizer_files.hpp.
#include "models/clip_tokenizer_files.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/config.hpp"
#include "core/error.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_added_tokens = 10'000;

json read_object(const fs::path& file) {
  json tree = parse_json(read_text_file(file), file.string());
  ZT_CHECK(tree.is_object(), bad_input, file.string(), ": not a JSON object");
  return tree;
}

json read_object_if_there(const fs::path& file) {
  return fs::exists(file) ? read_object(file) : json::object();
}

// ---- added tokens

// A token as a file tells it. Where it does not say `normalized`, that is the opposite of `special`, which in
// turn holds for every token that has a name ("bos_token").
struct told_token : added_token {
  bool normalized_told = false;
};

// A string or an object.
told_token token_of(const json& entry, const std::string& where) {
  told_token token;
  if (entry.is_string()) {
    token.content = entry.get<std::string>();
    token.special = true;
  } else {
    ZT_CHECK(entry.is_object() && entry.contains("content") && entry["content"].is_string(), bad_input, where,
             ": wanted a string or an object with 'content', got ", printable(entry.dump()));
    token.content = entry["content"].get<std::string>();
    const auto flag = [&](const char* key, bool fallback) {
      if (!entry.contains(key)) return fallback;
      ZT_CHECK(entry[key].is_boolean(), bad_input, where, ".", key, " is not true or false");
      return entry[key].get<bool>();
    };
    token.special = flag("special", false);
    token.normalized_told = entry.contains("normalized");
    token.normalized = flag("normalized", true);
    token.single_word = flag("single_word", false);
    token.left_strip = flag("lstrip", false);
    token.right_strip = flag("rstrip", false);
  }
  ZT_CHECK(!token.content.empty() && token.content.size() <= 1024, bad_input, where, ": a token of ",
           token.content.size(), " bytes; wanted 1 to 1024");
  return token;
}

// The explicit list of added tokens by id: added_tokens_decoder of tokenizer_config.json, or else those of
// added_tokens.json and tokenizer.json.
std::map<uint64_t, told_token> listed_tokens(const fs::path& folder, const json& settings,
                                             const json& whole) {
  std::map<uint64_t, told_token> listed;
  if (settings.contains("added_tokens_decoder")) {
    const std::string where = (folder / "tokenizer_config.json").string() + ": added_tokens_decoder";
    ZT_CHECK(settings["added_tokens_decoder"].is_object(), bad_input, where, " is not an object");
    for (const auto& [id, entry] : settings["added_tokens_decoder"].items()) {
      ZT_CHECK(!id.empty() && id.size() <= 9 &&
                   std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; }),
               bad_input, where, ": the id '", printable(id), "' is not a number");
      ZT_CHECK(entry.is_object(), bad_input, where, ".", id, " is not an object");
      listed[std::stoull(id)] = token_of(entry, where + "." + id);
    }
    return listed;
  }
  const fs::path legacy = folder / "added_tokens.json";
  const json legacy_tokens = read_object_if_there(legacy);
  for (const auto& [content, id] : legacy_tokens.items()) {
    ZT_CHECK(id.is_number_unsigned(), bad_input, legacy.string(), ": the id of '", printable(content),
             "' is not a whole number");
    listed[id.get<uint64_t>()] = token_of(json{{"content", content}}, legacy.string());
  }
  if (whole.contains("added_tokens")) {
    const std::string where = (folder / "tokenizer.json").string() + ": added_tokens";
    ZT_CHECK(whole["added_tokens"].is_array(), bad_input, where, " is not a list");
    for (const json& entry : whole["added_tokens"]) {
      ZT_CHECK(entry.is_object() && entry.contains("id") && entry["id"].is_number_unsigned(), bad_input,
               where, ": an entry without id");
      listed[entry["id"].get<uint64_t>()] = token_of(entry, where);
    }
  }
  return listed;
}

// What tokenizer_config.json says, where it has no list of added tokens overruled by special_tokens_map.json.
json effective_settings(const fs::path& folder) {
  json settings = read_object_if_there(folder / "tokenizer_config.json");
  if (settings.contains("added_tokens_decoder")) return settings;
  const json special_map = read_object_if_there(folder / "special_tokens_map.json");
  for (const auto& [key, value] : special_map.items()) {
    settings[key] = value;
    if (value.is_object()) settings[key]["special"] = true;
  }
  return settings;
}

// The keys of named special tokens, in the order in which transformers adds them.
std::vector<std::string> named_token_keys(const json& settings) {
  std::vector<std::string> keys{"bos_token", "eos_token", "unk_token", "sep_token",
                                "pad_token", "cls_token", "mask_token"};
  for (const auto& [key, value] : settings.items())
    if (key.ends_with("_token") && (value.is_string() || value.is_object()) &&
        std::find(keys.begin(), keys.end(), key) == keys.end())
      keys.push_back(key);
  return keys;
}

// The named tokens; bos, eos, unk and pad are there even where the file does not say so.
std::vector<told_token> named_tokens(clip_tokenizer_files& files, const json& settings,
                                     const std::string& source) {
  const std::map<std::string, std::string*> held{{"bos_token", &files.begin},
                                                 {"eos_token", &files.end},
                                                 {"unk_token", &files.unknown},
                                                 {"pad_token", &files.padding}};
  std::vector<told_token> named;
  for (const std::string& key : named_token_keys(settings)) {
    const auto place = held.find(key);
    if (settings.contains(key) && !settings[key].is_null())
      named.push_back(token_of(settings[key], source + ": " + key));
    else if (place != held.end())
      named.push_back(token_of(*place->second, key));
    else
      continue;
    if (place != held.end()) *place->second = named.back().content;
  }
  return named;
}

// All added tokens, in the reference's order: those with ids, the named ones, the extra ones.
std::vector<added_token> added_tokens(const std::map<uint64_t, told_token>& listed,
                                      const std::vector<told_token>& named, const json& settings,
                                      const std::string& source) {
  std::vector<told_token> all;
  std::set<std::string> listed_contents, named_contents;
  for (const auto& [id, token] : listed) {
    all.push_back(token);
    listed_contents.insert(token.content);
  }
  const auto add_unlisted = [&](const told_token& token) {
    if (!listed_contents.count(token.content)) all.push_back(token);
  };
  for (const told_token& token : named) {
    named_contents.insert(token.content);
    add_unlisted(token);
  }
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"})
    if (settings.contains(key) && settings[key].is_array())
      for (const json& entry : settings[key]) add_unlisted(token_of(entry, source + ": " + key));
  ZT_CHECK(all.size() <= max_added_tokens, bad_input, source, ": more than ", max_added_tokens,
           " added tokens");
  for (told_token& token : all) {
    token.special |= named_contents.count(token.content) > 0;
    if (!token.normalized_told) token.normalized = !token.special;
  }
  return {all.begin(), all.end()};
}

// ---- other settings

int64_t usable_max_length(const json& settings, const std::string& source, int64_t fallback) {
  for (const char* key : {"model_max_length", "max_len"}) {
    if (!settings.contains(key) || settings[key].is_null()) continue;
    const json& entry = settings[key];
    const double length = entry.is_number() ? entry.get<double>() : -1;
    if (length > 65536) return fallback;
    ZT_CHECK(length >= 2 && length == std::floor(length), bad_input, source, ": ", key, " is ",
             printable(entry.dump()), "; wanted a whole number, at least 2");
    return static_cast<int64_t>(length);
  }
  return fallback;
}

}  // namespace

clip_tokenizer_files read_clip_tokenizer_files(const fs::path& folder, const fs::path& configuration) {
  for (const fs::path& needed : {folder, configuration})
    ZT_CHECK(fs::is_directory(needed), bad_input, "no tokenizer folder ", printable(needed.string()));
  const json whole = read_object_if_there(folder / "tokenizer.json");
  clip_tokenizer_files files;
  files.vocabulary = whole.contains("model")
                         ? vocabulary_of_model(whole["model"], (folder / "tokenizer.json").string())
                         : read_vocabulary_files(folder);
  const std::string source = (configuration / "tokenizer_config.json").string();
  const json settings = effective_settings(configuration);
  const std::vector<told_token> named = named_tokens(files, settings, source);
  files.added = added_tokens(listed_tokens(configuration, settings, whole), named, settings, source);
  files.max_length = usable_max_length(settings, source, files.max_length);
  for (const char* key : {"padding_side", "truncation_side"})
    ZT_CHECK(!settings.contains(key) || settings[key] == "right", bad_input, source, ": ", key, " is ",
             printable(settings[key].dump()), "; only \"right\" is supported");
  if (settings.contains("split_special_tokens"))
    files.split_special_tokens = settings["split_special_tokens"] == true;
  return files;
}

}  // namespace zoetrope
