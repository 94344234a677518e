// The plan's ledger, and what is chosen from it. Plans are made on tensors without bytes: any size is cheap.
#include "pipelines/memory_plan.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "pipelines/memory_choice.hpp"
#include "sample_models.hpp"

namespace zoetrope {
namespace {

constexpr double mebibyte = 1 << 20;

text_to_video_model box_without_weights(at::ScalarType dtype = at::kFloat, at::Device device = at::kCPU) {
  return load_text_to_video_model(model_directory::open(std::string(ZOETROPE_SOURCE_DIR) + "/assets/tiny"),
                                  {.dtype = dtype, .device = device, .weights = false});
}

text_to_video_call sized_call(int64_t side) {
  text_to_video_call call;
  call.prompts = {"a red circle"};
  call.width = call.height = side;
  return call;
}

// Sinusoids are stored and are no parameters: 24 frames of each width, three transformers with two
// attentions.
constexpr int64_t position_tables = 3 * 2 * 24 * (64 + 96 + 96);

TEST(MemoryPlan, WeightsAreParametersTimesTheirSize) {
  for (const auto dtype : {at::kFloat, at::kHalf}) {
    text_to_video_model model = box_without_weights(dtype, at::Device(at::kCUDA, 0));
    model.sources.clear();  // else a table of a mapped file counts by its rows
    const std::map<std::string, int64_t> parameters{
        {"text_encoder", model.text_encoder->parameter_count()},
        {"text_encoder_2", model.text_encoder_2->parameter_count()},
        {"unet", model.unet->parameter_count() + position_tables},
        {"vae", model.vae->parameter_count()}};
    const memory_plan plan = memory_planner(std::move(model)).plan(sized_call(32));
    ASSERT_EQ(plan.parts.size(), parameters.size());
    for (const part_memory& part : plan.parts) {
      EXPECT_EQ(part.copied, parameters.at(part.part) * static_cast<int64_t>(at::elementSize(dtype)));
      EXPECT_EQ(part.mapped, 0);
    }
  }
}

TEST(MemoryPlan, TheLedgerAddsUp) {
  text_to_video_model model = box_without_weights();
  model.sources.clear();
  constexpr int64_t process = 5'000'000, writing = 3'000'000;
  const memory_plan plan = memory_planner(std::move(model), {process, writing}).plan(sized_call(32));
  int64_t weights = 0, largest = 0;
  for (const part_memory& part : plan.parts) weights += part.weights();
  std::vector<run_phase> phases;
  for (const phase_memory& phase : plan.phases) {
    phases.push_back(phase.phase);
    EXPECT_EQ(phase.weights, weights) << name_of(phase.phase);  // nothing leaves
    EXPECT_EQ(phase.total(), phase.weights + phase.activations + phase.cache + phase.workspace);
    largest = std::max(largest, phase.total());
  }
  EXPECT_EQ(phases, (std::vector<run_phase>{run_phase::text, run_phase::denoising, run_phase::decoding,
                                            run_phase::writing}));
  EXPECT_EQ(plan.peak(), process + largest);
  // The clip, 8 frames of 3 x 32 x 32 in f32, and its latents are there while it is written.
  EXPECT_EQ(plan.phases.back().workspace, writing);
  EXPECT_GE(plan.phases.back().activations, 8 * 3 * 32 * 32 * 4 + 4 * 8 * 8 * 8 * 4);
  EXPECT_LT(plan.phases.back().activations, 2 * 8 * 3 * 32 * 32 * 4);
}

TEST(MemoryPlan, KeysAndValuesOfTheTextAreTheCacheOfTheSteps) {
  text_to_video_model model = box_without_weights();
  int64_t widths = 0;
  for (const parameter_slot& slot : model.unet->slots())
    if (slot.name.ends_with("attn2.to_k.weight") || slot.name.ends_with("attn2.to_v.weight"))
      widths += slot.shape[0];
  constexpr int64_t rows = 2, tokens = 24;  // negatives and positives
  for (const phase_memory& phase : memory_planner(std::move(model)).plan(sized_call(32)).phases)
    EXPECT_EQ(phase.cache, phase.phase == run_phase::denoising
                               ? rows * tokens * widths * static_cast<int64_t>(sizeof(float))
                               : 0)
        << name_of(phase.phase);
}

TEST(MemoryPlan, NothingIsWrittenWhereLatentsAreAsked) {
  text_to_video_call call = sized_call(32);
  call.output_kind = text_to_video_call::output::latents;
  const memory_plan plan = memory_planner(box_without_weights(), {0, 3'000'000}).plan(call);
  EXPECT_EQ(plan.phases.back().phase, run_phase::denoising);
}

// Only what is added to the source depends on the strength, and that has the same size.
TEST(MemoryPlan, ASourceIsPlannedAtAnyStrength) {
  const memory_planner planner(box_without_weights());
  const auto planned = [&](double strength) {
    text_to_video_call call = sized_call(32);
    call.source = source_video{.frames = at::zeros({8, 3, 32, 32}), .strength = strength};
    return planner.plan(call);
  };
  const memory_plan weak = planned(0.1), strong = planned(1.0);
  ASSERT_EQ(weak.phases.size(), 4u);
  EXPECT_EQ(weak.phases[1].phase, run_phase::encoding);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(weak.phases[i].total(), strong.phases[i].total());
}

TEST(MemoryPlan, NoPolicyNeedsMoreThanThePlainRun) {
  const memory_planner planner(box_without_weights());
  for (const int64_t side : {32, 128}) {
    const auto sets = plan_each_policy(planner, sized_call(side));
    ASSERT_EQ(sets.size(), policy_switches().size() + 1);
    EXPECT_TRUE(sets[0].names.empty());
    for (const planned_set& set : sets) EXPECT_LE(set.plan.peak(), sets[0].plan.peak()) << joined(set.names);
    const planned_set least = plan_low_vram(planner, sized_call(side));
    for (const planned_set& set : sets)
      if (set.policy.vae_tile == 0) {
        EXPECT_LE(least.plan.peak(), set.plan.peak()) << joined(set.names);
      }
  }
}

const phase_memory& phase_of(const memory_plan& plan, run_phase wanted) {
  for (const phase_memory& phase : plan.phases)
    if (phase.phase == wanted) return phase;
  throw std::runtime_error(concat("no phase ", name_of(wanted)));
}

TEST(MemoryPlan, EachPolicySavesWhatItIsFor) {
  const memory_planner planner(box_without_weights());
  const text_to_video_call plain_call = sized_call(256);
  const memory_plan plain = planner.plan(plain_call);
  const auto with = [&](void (*change)(memory_policy&)) {
    text_to_video_call call = plain_call;
    change(call.memory);
    return planner.plan(call);
  };
  std::map<std::string, int64_t> copied;
  for (const part_memory& part : plain.parts) copied[part.part] = part.weights();
  const int64_t text = copied["text_encoder"] + copied["text_encoder_2"];

  const auto dropped = with([](memory_policy& p) { p.drop_text_encoders = true; });
  EXPECT_EQ(phase_of(dropped, run_phase::denoising).weights,
            phase_of(plain, run_phase::denoising).weights - text);
  const auto offloaded = with([](memory_policy& p) { p.offload = true; });
  EXPECT_EQ(phase_of(offloaded, run_phase::text).weights, text);
  EXPECT_EQ(phase_of(offloaded, run_phase::denoising).weights, copied["unet"]);
  EXPECT_EQ(phase_of(offloaded, run_phase::decoding).weights, copied["vae"]);
  const auto streamed = with([](memory_policy& p) { p.stream = true, p.smallest = 0; });
  EXPECT_LT(phase_of(streamed, run_phase::denoising).weights,
            phase_of(plain, run_phase::denoising).weights / 2);
  const auto in_turn = with([](memory_policy& p) { p.guidance_in_turn = true; });
  EXPECT_LT(phase_of(in_turn, run_phase::denoising).activations,
            phase_of(plain, run_phase::denoising).activations * 2 / 3);
  const auto sliced = with([](memory_policy& p) { p.attention_slice = 1; });
  EXPECT_LT(phase_of(sliced, run_phase::denoising).total(), phase_of(plain, run_phase::denoising).total());
  const auto tiled = with([](memory_policy& p) { p.vae_tile = 8; });
  EXPECT_LT(phase_of(tiled, run_phase::decoding).activations,
            phase_of(plain, run_phase::decoding).activations);
}

TEST(MemoryChoice, TakesTheFastestThatFits) {
  const memory_planner planner(box_without_weights());
  const text_to_video_call call = sized_call(256);
  const auto alone = plan_each_policy(planner, call);
  const int64_t plain = alone[0].plan.peak();
  EXPECT_TRUE(fastest_within(planner, call, plain).names.empty());
  for (const double share : {0.95, 0.8, 0.7}) {
    const auto budget = static_cast<int64_t>(share * static_cast<double>(plain));
    const planned_set chosen = fastest_within(planner, call, budget);
    EXPECT_LE(chosen.plan.peak(), budget);
    EXPECT_FALSE(chosen.names.empty());
    for (const planned_set& one : alone)
      if (one.plan.peak() <= budget && one.policy.vae_tile == 0) {
        EXPECT_LE(chosen.slowdown, one.slowdown);
      }
  }
}

// The error's number is the smallest that would do.
TEST(MemoryChoice, ABudgetBelowTheSmallestPlanNamesTheSmallest) {
  const memory_planner planner(box_without_weights());
  const text_to_video_call call = sized_call(64);
  const error failure = thrown_by([&] { fastest_within(planner, call, 1); });
  EXPECT_EQ(failure.kind(), error_kind::usage);
  const std::string message = failure.what(), before = "the smallest plan, ";
  const double named = std::strtod(message.c_str() + message.find(before) + before.size(), nullptr);
  ASSERT_GT(named, 0) << message;
  const auto bytes = [](double mebibytes) { return static_cast<int64_t>(mebibytes * mebibyte); };
  EXPECT_LE(fastest_within(planner, call, bytes(named + 0.1)).plan.peak(), bytes(named + 0.1));
  ZT_EXPECT_ERROR(usage, before, fastest_within(planner, call, bytes(named - 0.1)));
}

// Thread stacks and generated code are no fixed number, but a process that computes is not empty.
TEST(MemoryPlan, TheProcessIsAskedWhatItHolds) {
  EXPECT_EQ(process_base_bytes(at::Device(at::kCUDA, 0)), 0);
  EXPECT_GT(process_base_bytes(at::kCPU), 20 * mebibyte);
}

}  // namespace
}  // namespace zoetrope
