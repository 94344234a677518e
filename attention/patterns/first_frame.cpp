// Every frame sees the first (Text2Video-Zero: Khachatryan et al. 2023, eq. 8), so that what it shows keeps
// its looks.
#include <ATen/ATen.h>

#include "attention/patterns/makers.hpp"

namespace zoetrope {

namespace {

class first_frame_pattern : public attention_pattern {
 public:
  at::Tensor visible(const at::Tensor& query, const at::Tensor& key) const override {
    // The key is the query less their difference.
    return differences(query, key).eq(query.unsqueeze(-2)).squeeze(-1);
  }
};

}  // namespace

std::unique_ptr<attention_pattern> make_first_frame_pattern(const config& options,
                                                            const std::vector<token_axis>& axes) {
  require_frames(options, axes);
  return std::make_unique<first_frame_pattern>();
}

}  // namespace zoetrope
