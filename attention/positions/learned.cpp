// A table an axis, added to the tokens (Gehring et al. 2017, section 3.1; BERT, ViT):
//   frames   "positional_encoding" [1, maximum_frames, c], named as the sinusoid's, so that a model trained
//            with one goes on with the other
//   rows     "row_encoding" [1, maximum_size, c]
//   columns  "column_encoding" [1, maximum_size, c]
// Fresh tables are zero: put into a trained layer they change nothing until they are trained themselves, and
// as a sum's gradient does not depend on its terms they learn from the first step.
#include <ATen/ATen.h>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

const char* table_name(token_axis axis) {
  switch (axis) {
    case token_axis::frame:
      return "positional_encoding";
    case token_axis::row:
      return "row_encoding";
    case token_axis::column:
      return "column_encoding";
  }
  throw error(error_kind::runtime, "learned: unknown axis");
}

class learned_position : public attention_position {
 public:
  learned_position(const std::vector<token_axis>& axes, int64_t frames, int64_t size, int64_t channels)
      : axes_(axes), frames_(frames), size_(size), tables_(axes.size()) {
    for (std::size_t i = 0; i < axes.size(); ++i)
      add_parameter(table_name(axes[i]), tables_[i], {1, rows_of(axes[i]), channels}, initializer::zeros());
  }
  at::Tensor added(const clip_size& size) const override {
    at::Tensor sum;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const at::Tensor table = placed(i, size.extent(axes_[i]));
      sum = sum.defined() ? sum + table : table;
    }
    return sum.flatten(1, 2);
  }
  int64_t maximum_frames() const override { return frames_; }

 private:
  int64_t rows_of(token_axis axis) const { return axis == token_axis::frame ? frames_ : size_; }
  // [1, rows, c] -> [frames, rows, columns, c], with ones for the other axes
  at::Tensor placed(std::size_t i, int64_t extent) const {
    ZT_CHECK(extent <= rows_of(axes_[i]), usage, "learned position: ", extent, " places, but ",
             table_name(axes_[i]), " holds ", rows_of(axes_[i]));
    std::vector<int64_t> shape{1, 1, 1, tables_[i].size(2)};
    shape[static_cast<std::size_t>(axes_[i])] = extent;
    return tables_[i].slice(1, 0, extent).reshape(shape);
  }

  const std::vector<token_axis> axes_;
  const int64_t frames_, size_;  ///< rows of tables along frames, and along rows and columns; 0: none
  std::vector<at::Tensor> tables_;
};

}  // namespace

std::unique_ptr<attention_position> make_learned_position(const config& options, const position_site& site) {
  int64_t frames = 0, size = 0;
  for (const token_axis axis : site.axes)
    if (axis == token_axis::frame)
      frames = options.bounded("maximum_frames", site.maximum_frames, 1, longest_table);
    else
      size = options.bounded("maximum_size", 128, 1, longest_table);
  return std::make_unique<learned_position>(site.axes, frames, size, site.channels);
}

}  // namespace zoetrope
