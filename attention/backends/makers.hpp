// One maker a backend; the table in attention.cpp names them.
#pragma once

#include "attention/attention.hpp"

namespace zoetrope {

std::unique_ptr<attention_backend> make_automatic_attention(const config& options,
                                                            const attention_site& site);
std::unique_ptr<attention_backend> make_dense_attention(const config& options, const attention_site& site);
std::unique_ptr<attention_backend> make_sdpa_attention(const config& options, const attention_site& site);
std::unique_ptr<attention_backend> make_flash_attention(const config& options, const attention_site& site);
std::unique_ptr<attention_backend> make_linear_attention(const config& options, const attention_site& site);
std::unique_ptr<attention_backend> make_short_attention(const config& options, const attention_site& site);
std::unique_ptr<attention_backend> make_sliced_attention(const config& options, const attention_site& site);
std::unique_ptr<attention_backend> make_torchscript_attention(const config& options,
                                                              const attention_site& site);

}  // namespace zoetrope
