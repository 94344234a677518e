// A TorchScript program: an idea that can be tried without a rebuild. Either an archive that Python's
// torch.jit.save wrote, or the source of `def forward(self, …)` as text. It is a program: run only what you
// trust.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <filesystem>
#include <memory>
#include <vector>

namespace zoetrope {

class script_module {
 public:
  /// .pt or .zip: an archive; else source text. error{bad_input} names the file and what TorchScript says is
  /// wrong, or that its forward does not take so many arguments.
  script_module(const std::filesystem::path& file, std::size_t arguments);
  ~script_module();

  /// `arguments` of forward by position; error{runtime} names the file unless it gives one tensor. Its own
  /// tensors follow `like` to its device and type.
  at::Tensor forward(std::vector<c10::IValue> arguments, const at::Tensor& like) const;

 private:
  struct program;
  std::unique_ptr<program> program_;
};

}  // namespace zoetrope
