// Every policy gives the bytes of the plain run, and does what it is for.
#include "pipelines/memory_policy.hpp"

#include <ATen/ATen.h>

#include "pipelines/memory_choice.hpp"
#include "pipelines/part_at_work.hpp"
#include "sample_models.hpp"

namespace zoetrope {
namespace {

text_to_video_call guided_call() {
  text_to_video_call call = short_call();
  call.guidance_scale = 4;
  call.negative_prompts = {"blurry"};
  return call;
}

bool same_bytes(const text_to_video_result& a, const text_to_video_result& b) {
  return at::equal(a.video, b.video) && at::equal(a.latents, b.latents);
}

text_to_video_model empty_model() {
  return load_text_to_video_model(model_directory::open(random_model_folder().string()), {.weights = false});
}

bool is_empty(const module& part) {
  for (const parameter_slot& slot : part.slots())
    if (slot.tensor->defined()) return false;
  return true;
}

TEST(MemoryPolicy, EachSwitchLeavesTheClipAsItIs) {
  const text_to_video_model model = empty_model();
  const text_to_video_result plain = text_to_video(random_model(), guided_call());
  for (const policy_switch& one : policy_switches()) {
    text_to_video_call call = guided_call();
    one.set(call.memory);
    call.memory.smallest = 0;
    const bool same = same_bytes(text_to_video(model, call), plain);
    EXPECT_TRUE(same || !one.same_result) << one.name;
  }
  text_to_video_call frugal = guided_call();
  frugal.memory = frugal_policy();
  frugal.memory.smallest = 0;
  EXPECT_TRUE(same_bytes(text_to_video(model, frugal), plain));
}

TEST(MemoryPolicy, SlicesAndChunksOfAnySizeLeaveTheClipAsItIs) {
  const text_to_video_result plain = text_to_video(random_model(), guided_call());
  for (const int64_t size : {1, 2, 3, 5, 1000}) {
    text_to_video_call call = guided_call();
    call.memory = {.attention_slice = size, .smallest = 0};
    EXPECT_TRUE(same_bytes(text_to_video(random_model(), call), plain)) << size << " frames";
    call.memory = {.feed_forward_chunk = size * 16, .smallest = 0};
    EXPECT_TRUE(same_bytes(text_to_video(random_model(), call), plain)) << size * 16 << " tokens";
  }
}

TEST(MemoryPolicy, TheTrainedModelIsTheSameInTheLeastMemory) {
  text_to_video_call call;
  call.prompts = {"a red circle moving left"};
  call.width = call.height = 32;
  call.steps = 3;
  call.seeds = {1};
  const text_to_video_result plain = text_to_video(shapes_model(), call);
  call.memory = frugal_policy();
  call.memory.smallest = 0;
  EXPECT_TRUE(same_bytes(text_to_video(shapes_model(), call), plain));
}

TEST(MemoryPolicy, WeightsLeaveWhenTheirWorkIsDone) {
  const text_to_video_model model = empty_model();
  text_to_video_call call = guided_call();
  call.memory.drop_text_encoders = true;
  text_to_video(model, call);
  EXPECT_TRUE(is_empty(*model.text_encoder));
  EXPECT_TRUE(is_empty(*model.text_encoder_2));
  EXPECT_FALSE(is_empty(*model.unet));

  call.memory = {.offload = true};
  call.on_step = [&](const step_report&) {
    EXPECT_TRUE(is_empty(*model.text_encoder));
    EXPECT_FALSE(is_empty(*model.unet));
    return true;
  };
  text_to_video(model, call);
  EXPECT_TRUE(is_empty(*model.unet));
  EXPECT_TRUE(is_empty(*model.vae));
}

TEST(MemoryPolicy, StreamedDenoisersHoldNoMatrixBetweenSteps) {
  const text_to_video_model model = empty_model();
  text_to_video_call call = guided_call();
  call.memory = {.stream = true, .smallest = 0};
  call.on_step = [&](const step_report&) {
    for (const parameter_slot& slot : model.unet->slots())
      EXPECT_FALSE(slot.name.ends_with("to_q.weight") && slot.tensor->defined()) << slot.name;
    return true;
  };
  text_to_video(model, call);
}

TEST(MemoryPolicy, AnyPolicyMayFollowAnyOther) {
  const text_to_video_model model = empty_model();
  const text_to_video_result plain = text_to_video(random_model(), guided_call());
  for (const memory_policy& policy :
       {memory_policy{.stream = true, .smallest = 0}, memory_policy{},
        memory_policy{.stream = true, .smallest = 0}, memory_policy{.offload = true},
        memory_policy{.drop_text_encoders = true}, frugal_policy(), memory_policy{}}) {
    text_to_video_call call = guided_call();
    call.memory = policy;
    EXPECT_TRUE(same_bytes(text_to_video(model, call), plain));
  }
}

TEST(MemoryPolicy, PartsThatCameFromNoFileStayUsable) {
  text_to_video_model model = empty_model();
  fill_what_stays(model, {});
  model.sources.clear();
  const text_to_video_result plain = text_to_video(random_model(), guided_call());
  text_to_video_call call = guided_call();
  call.memory.offload = true;
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(same_bytes(text_to_video(model, call), plain));
  call.memory = {.stream = true, .smallest = 0};
  ZT_EXPECT_ERROR(usage, "came from no file", text_to_video(model, call));
}

TEST(MemoryPolicy, AdviceNamesWhatIsOff) {
  EXPECT_NE(what_else_saves_memory({}).find("stream"), std::string::npos);
  EXPECT_EQ(what_else_saves_memory({.stream = true}).find("stream"), std::string::npos);
  memory_policy all;
  for (const policy_switch& one : policy_switches()) one.set(all);
  EXPECT_EQ(what_else_saves_memory(all), "a smaller size or fewer frames");
}

TEST(MemoryPolicy, MemoryThatCannotBeHadNamesThePhaseAndWhatHelps) {
  const text_to_video_model model = empty_model();
  text_to_video_call call = guided_call();
  call.on_step = [](const step_report&) {
    at::empty({int64_t{1} << 60}, at::kFloat);  // 4 EiB
    return true;
  };
  try {
    text_to_video(model, call);
    FAIL() << "4 EiB were had";
  } catch (const error& failure) {
    const std::string message = failure.what();
    EXPECT_EQ(failure.kind(), error_kind::out_of_memory);
    EXPECT_EQ(message.find("denoising: out of memory: "), 0u) << message;
    EXPECT_NE(message.find(" TiB more were asked for while the process held "), std::string::npos) << message;
    EXPECT_NE(message.find("what helps: "), std::string::npos) << message;
    EXPECT_NE(message.find("guidance_in_turn"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace zoetrope
