// Reference cases of kind "tokenizer": the ids of every prompt, whole (expected.json) and padded and cut
// (outputs.safetensors), with the tokenizer and with tokenizer_2, exactly. Only transformers 5 ("tf5") is the
// measure; what older releases give is information.
#include <ATen/ATen.h>

#include <filesystem>

#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/clip_tokenizer.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

constexpr const char* measure = "tf5";

json read_list(const fs::path& file) {
  json list = parse_json(read_text_file(file), file.string());
  ZT_CHECK(list.is_array() && !list.empty(), bad_input, file.string(), ": not a list");
  return list;
}

// `alternative` is the key that holds where it is there ("tf5_2"), else `key` does.
const json& wanted_ids(const json& entry, const std::string& key, const std::string& alternative) {
  return entry.contains(alternative) ? entry.at(alternative) : entry.at(key);
}

void check_tokenizer(const clip_tokenizer& tokenizer, const std::string& name, const std::string& alternative,
                     const fs::path& case_folder, reference_report& report) {
  const json prompts = read_list(case_folder / "prompts.json"),
             expected = read_list(case_folder / "expected.json");
  ZT_CHECK(prompts.size() == expected.size(), bad_input, "expected.json has ", expected.size(),
           " entries for ", prompts.size(), " prompts");
  std::vector<at::Tensor> padded;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const std::string prompt = prompts[i];
    if (json(tokenizer.encode(prompt)) != wanted_ids(expected[i], measure, alternative))
      report.fail(concat(name, ": ids differ for prompt ", i, ", '", printable(prompt), "'"));
    padded.push_back(at::tensor(tokenizer.tokenize(prompt).ids, at::kInt));
  }
  report.check(concat(measure, ".", name), at::stack(padded));
}

}  // namespace

void run_tokenizer_case(const reference_case& reference, reference_report& report) {
  const fs::path vocabulary = reference.folder_of("tokenizer_dir");
  check_tokenizer(clip_tokenizer(vocabulary), "tokenizer", measure, reference.folder(), report);
  // tokenizer_2 is the same vocabulary with configuration files of its own.
  const fs::path second = reference.folder() / "tokenizer_2_extra";
  if (fs::is_directory(second))
    check_tokenizer(clip_tokenizer(vocabulary, second), "tokenizer_2", concat(measure, "_2"),
                    reference.folder(), report);
  for (const auto& [name, tensor] : reference.outputs())
    if (!name.starts_with(concat(measure, "."))) report.skip(name);
}

}  // namespace zoetrope
