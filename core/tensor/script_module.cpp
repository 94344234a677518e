// See script_module.hpp.
#include "core/tensor/script_module.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/csrc/jit/serialization/import.h>

#include <mutex>

#include "core/config.hpp"
#include "core/error.hpp"

namespace zoetrope {

struct script_module::program {
  std::string where;
  torch::jit::Module code;
  std::mutex moving;
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};

namespace {

// Of a message that begins with empty lines and ends in a call stack.
std::string first_lines(std::string text) {
  text.erase(0, text.find_first_not_of('\n'));
  return printable(text.substr(0, text.find("\n\n")), 600);
}

torch::jit::Module read(const std::filesystem::path& file) {
  if (file.extension() == ".pt" || file.extension() == ".zip")
    return torch::jit::load(file.string(), at::Device(at::kCPU));
  torch::jit::Module code("script");
  code.define(read_text_file(file, 1u << 20));
  return code;
}

// Those with defaults may be left out.
void check_arguments(const c10::FunctionSchema& forward, std::size_t given, const std::string& where) {
  std::size_t most = 0, least = 0;
  for (const c10::Argument& argument : forward.arguments()) {
    if (argument.name() == "self") continue;
    ++most;
    least += !argument.default_value().has_value();
  }
  ZT_CHECK(least <= given && given <= most, bad_input, where, ": forward takes ", most, " arguments, wanted ",
           given);
}

}  // namespace

script_module::script_module(const std::filesystem::path& file, std::size_t arguments)
    : program_(std::make_unique<program>()) {
  program_->where = concat("TorchScript ", printable(file.string()));
  ZT_CHECK(std::filesystem::is_regular_file(file), bad_input, program_->where, ": there is no such file");
  try {
    program_->code = read(file);
    program_->code.eval();
    const auto forward = program_->code.find_method("forward");
    ZT_CHECK(forward.has_value(), bad_input, program_->where, ": it has no forward");
    check_arguments(forward->function().getSchema(), arguments, program_->where);
  } catch (const error&) {
    throw;
  } catch (const c10::Error& failure) {
    throw error(error_kind::bad_input,
                concat(program_->where, ": ", first_lines(failure.what_without_backtrace())));
  } catch (const std::exception& failure) {  // of TorchScript's compiler
    throw error(error_kind::bad_input, concat(program_->where, ": ", first_lines(failure.what())));
  }
}

script_module::~script_module() = default;

at::Tensor script_module::forward(std::vector<c10::IValue> arguments, const at::Tensor& like) const {
  {
    const std::lock_guard lock(program_->moving);
    if (program_->device != like.device() || program_->dtype != like.scalar_type()) {
      program_->code.to(like.device(), like.scalar_type());
      program_->device = like.device();
      program_->dtype = like.scalar_type();
    }
  }
  try {
    const c10::IValue result = program_->code.forward(std::move(arguments));
    ZT_CHECK(result.isTensor(), runtime, program_->where, ": forward gave ", result.tagKind(),
             ", wanted a tensor");
    return result.toTensor();
  } catch (const c10::Error& failure) {
    throw error(error_kind::runtime,
                concat(program_->where, ": ", first_lines(failure.what_without_backtrace())));
  } catch (const torch::jit::JITException& failure) {
    throw error(error_kind::runtime, concat(program_->where, ": ", first_lines(failure.what())));
  }
}

}  // namespace zoetrope
