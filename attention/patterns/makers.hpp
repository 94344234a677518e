// One maker a pattern; the table in pattern.cpp names them. Rules join bools with bitwise operators, since
// libtorch's logical ones cannot run without memory (core/tensor/meta_run.hpp).
#pragma once

#include "attention/pattern.hpp"

namespace zoetrope {

std::unique_ptr<attention_pattern> make_full_pattern(const config& options,
                                                     const std::vector<token_axis>& axes);
std::unique_ptr<attention_pattern> make_window_pattern(const config& options,
                                                       const std::vector<token_axis>& axes);
std::unique_ptr<attention_pattern> make_causal_pattern(const config& options,
                                                       const std::vector<token_axis>& axes);
std::unique_ptr<attention_pattern> make_sparse_causal_pattern(const config& options,
                                                              const std::vector<token_axis>& axes);
std::unique_ptr<attention_pattern> make_first_frame_pattern(const config& options,
                                                            const std::vector<token_axis>& axes);
std::unique_ptr<attention_pattern> make_dilated_pattern(const config& options,
                                                        const std::vector<token_axis>& axes);

/// error{bad_input} unless the rule is about the frames.
void require_frames(const config& options, const std::vector<token_axis>& axes);
/// query: [..., n, axes], key: [..., m, axes] -> query - key, [..., n, m, axes].
at::Tensor differences(const at::Tensor& query, const at::Tensor& key);
/// The most that a radius or a step may be: no clip is longer.
constexpr int64_t most_places = 1 << 20;

}  // namespace zoetrope
