// See token_embedding.hpp.
#include "models/token_embedding.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/io/atomic_folder.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

constexpr const char *first_name = "learned_embeds.safetensors",
                     *second_name = "learned_embeds_2.safetensors";

// Files of one vector may leave its dimension out.
at::Tensor rows_of(const at::Tensor& stored, const fs::path& file) {
  const at::Tensor rows = stored.dim() == 1 ? stored.unsqueeze(0) : stored;
  ZT_CHECK(rows.dim() == 2 && rows.size(0) >= 1 && rows.is_floating_point(), bad_input,
           printable(file.string()), ": got ", stored.scalar_type(), " ", stored.sizes(),
           ", wanted floating point [vectors, width]");
  return rows.to(at::kFloat);
}

std::pair<std::string, at::Tensor> only_tensor(const fs::path& file) {
  const tensor_map tensors = load_tensors(file);
  ZT_CHECK(tensors.size() == 1, bad_input, printable(file.string()), ": got ", tensors.size(),
           " tensors, wanted one, under the name of the word");
  return {tensors.begin()->first, rows_of(tensors.begin()->second, file)};
}

}  // namespace

token_embedding read_token_embedding(const fs::path& path) {
  token_embedding read;
  if (fs::is_directory(path)) {
    std::string second_word;
    std::tie(read.word, read.first) = only_tensor(path / first_name);
    std::tie(second_word, read.second) = only_tensor(path / second_name);
    ZT_CHECK(read.word == second_word, bad_input, printable(path.string()), ": the files are of two words, '",
             printable(read.word), "' and '", printable(second_word), "'");
  } else {
    const tensor_map tensors = load_tensors(path);
    ZT_CHECK(tensors.contains("clip_l") && tensors.contains("clip_g"), bad_input, printable(path.string()),
             ": wanted clip_l and clip_g, or a folder with ", first_name, " and ", second_name);
    read = {path.stem().string(), rows_of(tensors.at("clip_l"), path), rows_of(tensors.at("clip_g"), path)};
  }
  ZT_CHECK(read.first.size(0) == read.second.size(0), bad_input, printable(path.string()), ": got ",
           read.first.size(0), " and ", read.second.size(0),
           " vectors, wanted as many for both text encoders");
  return read;
}

void write_token_embedding(const fs::path& folder, const token_embedding& embedding) {
  make_folder(folder);
  save_tensors(folder / first_name, {{embedding.word, embedding.first}}, {{"format", "pt"}});
  save_tensors(folder / second_name, {{embedding.word, embedding.second}}, {{"format", "pt"}});
}

}  // namespace zoetrope
