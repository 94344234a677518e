// Which class a component of a model is, as its config says it.
#pragma once

#include <string>

#include "core/config.hpp"

namespace zoetrope {

/// `_class_name`, `tokenizer_class` or the first of `architectures`; empty where there is none of them.
/// error{bad_input} where it is no text.
std::string class_in(const config& options);

}  // namespace zoetrope
