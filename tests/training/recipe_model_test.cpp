#include "training/recipe_model.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/training/small_recipes.hpp"

namespace zoetrope {
namespace {

// A positional table is scaled, too, though it is not trained.
TEST(RecipeModel, ScalesFreshWeightsByName) {
  const std::string name =
      "down_blocks.0.temporal_attentions.0.transformer_blocks.0.attention_blocks.0.pos_encoder."
      "positional_encoding";
  const auto greatest = [&](double factor) {
    const temporary_folder folder;
    json recipe = small_recipe();
    recipe["model"]["initial_scale"] = {{"unet.*.positional_encoding", factor}};
    recipe["stages"].erase(1);
    const auto model = run_recipe(config(recipe), {.folder = folder.path()});
    const auto weights = load_text_to_video_model(model_directory::open(model.string()));
    for (const parameter_slot& slot : weights.unet->slots())
      if (slot.name == name) return slot.tensor->abs().max().item<double>();
    return 0.0;
  };
  EXPECT_NEAR(greatest(2.5), 2.5 * greatest(1), 1e-3);
  EXPECT_GT(greatest(1), 0.9);
}

}  // namespace
}  // namespace zoetrope
