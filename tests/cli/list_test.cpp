// `zoetrope list`, `describe` and `doctor`: what there is, and at which defaults.
#include "schedulers/scheduler_names.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

TEST(SchedulerNames, ShortFormsFollowTheRule) {
  EXPECT_EQ(short_scheduler_name("EulerAncestralDiscreteScheduler"), "euler_ancestral");
  EXPECT_EQ(short_scheduler_name("DPMSolverMultistepScheduler"), "dpm_solver_multistep");
  EXPECT_EQ(short_scheduler_name("DPMSolverSDEScheduler"), "dpm_solver_sde");
  EXPECT_EQ(short_scheduler_name("KDPM2DiscreteScheduler"), "kdpm2");
  EXPECT_EQ(short_scheduler_name("FlowMatchEulerDiscreteScheduler"), "flow_match_euler");
  EXPECT_EQ(short_scheduler_name("LCMScheduler"), "lcm");
}

TEST(List, NamesEveryKindAndParsesAsJson) {
  const auto text = run({{"list"}});
  EXPECT_EQ(text.exit_code, 0);
  for (const std::string name : {"EulerDiscreteScheduler", "dense", "hotshot-xl", "gif", "hotshot_unet3d"})
    EXPECT_TRUE(mentions(text.out, name));
  const auto tree = run({{"list", "--json"}}).json();
  for (const std::string kind :
       {"schedulers", "attention_layouts", "attention_patterns", "attention_positions", "attention_backends",
        "temporal_modules", "resnet_blocks", "norm_scopes", "metrics", "set_metrics", "training_tasks",
        "datasets", "optimizers", "timestep_distributions", "presets", "formats", "cases"})
    EXPECT_FALSE(tree[kind].empty()) << kind;
}

TEST(List, NamesThatAreNoPartsStandThereToo) {
  const auto tree = run({{"list", "--json"}}).json();
  for (const auto& [kind, name] : {std::pair("predictions", "v_prediction"),
                                   {"beta_schedules", "scaled_linear"},
                                   {"timestep_spacings", "trailing"},
                                   {"activations", "mish"},
                                   {"feed_forward_activations", "geglu"},
                                   {"hidden_acts", "quick_gelu"},
                                   {"learning_rate_schedules", "cosine"},
                                   {"lora_layouts", "kohya"}}) {
    bool found = false;
    for (const auto& part : tree[kind]) {
      found = found || part["name"] == name;
      EXPECT_NE(part["summary"], "") << kind << " " << part;
    }
    EXPECT_TRUE(found) << kind << " " << name;
  }
  EXPECT_TRUE(mentions(run({{"list", "learning_rate_schedules"}}).out, "half a cosine"));
}

TEST(List, HelpNamesEveryKind) {
  const std::string list_help = run({{"list", "--help"}}).out,
                    describe_help = run({{"describe", "--help"}}).out;
  const auto kinds = run({{"list", "--json"}}).json();
  for (const auto& [kind, parts] : kinds.items()) EXPECT_TRUE(mentions(list_help, kind));
  for (const char* kind : {"backend", "norm_scope", "preprocessor", "set_metric", "optimizer", "timesteps",
                           "learning_rate", "dataset", "task"})
    EXPECT_TRUE(mentions(describe_help, kind));
}

TEST(List, AttentionIsAllFourOfItsKinds) {
  const auto tree = run({{"list", "attention", "--json"}}).json();
  EXPECT_EQ(tree.size(), 4u);
  EXPECT_GT(tree["attention_positions"].size(), 8u);
}

TEST(List, ShowsOneKindAloneAndRefusesOneThatIsNot) {
  EXPECT_EQ(run({{"list", "schedulers", "--json"}}).json().size(), 1u);
  const auto result = run({{"list", "soups"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(mentions(result.err, "schedulers"));
}

TEST(Describe, ASchedulersKeysStandAtDiffusersDefaults) {
  const auto result = run({{"describe", "scheduler", "EulerDiscreteScheduler"}});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto keys = result.json();
  EXPECT_EQ(keys["num_train_timesteps"], 1000);
  EXPECT_EQ(keys["beta_start"], 0.0001);
  EXPECT_EQ(keys["beta_end"], 0.02);
  EXPECT_EQ(keys["beta_schedule"], "linear");
  EXPECT_EQ(keys["timestep_spacing"], "linspace");
}

TEST(Describe, AFileComesBackWithWhatItLeavesOut) {
  const auto result = run({{"describe", (tiny_model / "vae/config.json").string()}});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.json()["block_out_channels"], nlohmann::json({16, 32, 64, 64}));
  EXPECT_TRUE(result.json().contains("use_quant_conv"));  // not in the file
}

TEST(Describe, AModelsFolderShowsEveryPart) {
  const auto result = run({{"describe", tiny_model.string()}});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.json()["unet"]["block_out_channels"], nlohmann::json({64, 96, 96}));
  EXPECT_EQ(result.json()["scheduler"]["prediction_type"], "v_prediction");
  EXPECT_EQ(result.json()["text_encoder_2"]["num_hidden_layers"], 3);
}

TEST(Describe, ModelClassesPresetsAndShortNamesCanBeAskedFor) {
  for (const std::string name : {"UNet3DConditionModel", "AutoencoderKL", "CLIPTextModel", "hotshot-xl",
                                 "generate", "lcm", "flow_match_heun"})
    EXPECT_FALSE(run({{"describe", name}}).json().empty()) << name;
}

TEST(Describe, ATrainingsPartsStandAtTheirDefaults) {
  EXPECT_EQ(run({{"describe", "learning_rate", "cosine"}}).json()["cycles"], 0.5);
  EXPECT_EQ(run({{"describe", "dataset", "shapes"}}).json()["examples"], 65536);
  for (const std::string name : {"clips", "frame_folders", "manifest"}) {  // no file of theirs is looked for
    const auto options = run({{"describe", "dataset", name}}).json();
    EXPECT_EQ(options["type"], name);
    EXPECT_EQ(options["stride"], 1) << name;
    EXPECT_EQ(options["check_threads"], 0) << name;
  }
  EXPECT_EQ(run({{"describe", "task", "vae"}}).json()["kl"], 0.001);
  const auto bare = run({{"describe", "dataset"}});
  EXPECT_EQ(bare.exit_code, 2);
  EXPECT_TRUE(mentions(bare.err, "which dataset? (known: frame_folders, clips"));
}

TEST(Describe, ATrainingsFileComesBackWithEveryDefault) {
  const temporary_folder folder;
  const auto task = run({{"describe", "task", "diffusion"}});
  ASSERT_EQ(task.exit_code, 0) << task.err;
  EXPECT_EQ(task.json()["objective"]["timesteps"]["type"], "uniform");
  EXPECT_EQ(task.json()["optimizer"]["beta2"], 0.999);
  folder.put("training.json", task.out);
  EXPECT_EQ(run({{"describe", (folder / "training.json").string()}}).out, task.out);
  folder.put("wrong.yaml",
             "model: {preset: tiny, vocabulary: {data: {type: shapes}}}\ndata: {type: shapes}\nstep: 3");
  const auto wrong = run({{"describe", (folder / "wrong.yaml").string()}});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_TRUE(mentions(wrong.err, "nothing reads $.step (did you mean 'steps'?)"));
}

TEST(Describe, AnExperimentIsToldByItsOwnCommand) {
  const temporary_folder folder;
  folder.put("e.yaml", "name: e\nbase: {steps: 2}\naxes: {steps: [1, 2]}");
  const auto result = run({{"describe", (folder / "e.yaml").string()}});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(mentions(result.err, "zoetrope experiment run --dry_run"));
}

TEST(Describe, WhatIsNeitherFileNorPartIsAUsageErrorWithTheNearest) {
  const auto result = run({{"describe", "AutoencoderLK"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(mentions(result.err, "AutoencoderKL"));
  EXPECT_EQ(run({{"describe", "no/such/file.json"}}).exit_code, 3);
  const auto other_kind = run({{"describe", "metric", "rfd_v1"}});
  EXPECT_EQ(other_kind.exit_code, 2);
  EXPECT_TRUE(mentions(other_kind.err, "unknown metric 'rfd_v1'"));
  EXPECT_TRUE(mentions(other_kind.err, "there is a set_metric 'rfd_v1'"));
  EXPECT_TRUE(mentions(run({{"describe", "euler", "heun"}}).err, "one at a time: got 'euler' and 'heun'"));
  // A part without its kind, and with the word by which `list` has it.
  EXPECT_TRUE(mentions(run({{"describe", "canny"}}).err, "there is a preprocessor 'canny'"));
  EXPECT_TRUE(
      mentions(run({{"describe", "attention_patterns", "window"}}).err, "there is a pattern 'window'"));
}

TEST(Doctor, SaysWhatThereIsInBothForms) {
  const auto text = run({{"doctor"}});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  for (const std::string what : {"libtorch", "cpu", "memory", "cuda", "device", "model"})
    EXPECT_TRUE(mentions(text.out, what));
  EXPECT_EQ(run({{"doctor", "--json"}}).json()["model"], tiny_model.string());
}

}  // namespace
}  // namespace zoetrope
