// Reference cases of kind clip_text: every hidden state and the pooled vector, from the weights under the key
// names of transformers 5 and of transformers 4.
#include <ATen/ATen.h>

#include <string_view>

#include "core/error.hpp"
#include "core/parsed_number.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/pretrained.hpp"

namespace zoetrope {

namespace {

void check_output(const clip_text_output& got, const std::string& prefix, bool projected,
                  reference_report& report) {
  for (std::size_t k = 0; k < got.hidden_states.size(); ++k)
    report.check(concat(prefix, "hidden_states.", k), got.hidden_states[k]);
  report.check(prefix + "last", got.last);
  report.check(prefix + (projected ? "text_embeds" : "pooler_output"), got.pooled);
}

/// sd_clip_skip_k for every k that the case has.
void check_clip_skips(const clip_text_encoder& model, const clip_text_output& got,
                      const reference_case& reference, reference_report& report) {
  constexpr std::string_view prefix = "sd_clip_skip_";
  for (const auto& [name, want] : reference.outputs()) {
    if (name.rfind(prefix, 0) != 0) continue;
    const auto clip_skip = parsed_number<int64_t>(std::string_view(name).substr(prefix.size()));
    ZT_CHECK(clip_skip, bad_input, "output ", printable(name), ": wanted a number after ", prefix);
    report.check(name, model.normed_hidden_state(got, *clip_skip));
  }
}

void check_model(const reference_case& reference, const std::string& folder_key, reference_report& report) {
  const auto component = model_component::open(reference.folder_of(folder_key));
  const auto model = load_pretrained<clip_text_encoder>(component);
  const auto wanted_class = reference.cfg().at("cls").get<std::string>();
  ZT_CHECK(model->has_projection() == (wanted_class == "CLIPTextModelWithProjection"), bad_input, folder_key,
           ": config.json and case.json differ on the class; case.json says ", printable(wanted_class));
  const clip_text_output whole = model->forward(reference.input("input_ids"));
  check_output(whole, "", model->has_projection(), report);
  check_clip_skips(*model, whole, reference, report);
  check_output(model->forward(reference.input("short_ids")), "short.", model->has_projection(), report);
}

}  // namespace

void run_clip_text_case(const reference_case& reference, reference_report& report) {
  check_model(reference, "model_dir", report);
  check_model(reference, "model_dir_tf4", report);
}

}  // namespace zoetrope
