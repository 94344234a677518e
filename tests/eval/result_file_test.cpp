#include "eval/result_file.hpp"

#include <hdf5.h>

#include <cmath>
#include <limits>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

/// Everything that a result can hold.
result whole_result() {
  result cell;
  cell.experiment = "temporal";
  cell.config = {{"repeat", 1}, {"generation", {{"steps", 4}, {"prompt", {"a red circle"}}}}};
  cell.arm = {{"unet.temporal.type", "conv"}, {"steps", 4}};
  cell.prompt = "a red circle, größer";
  cell.seed = 7;
  cell.repeat = 1;
  cell.git_revision = "0123456789abcdef";
  cell.git_dirty = true;
  cell.command = "zoetrope experiment run a.yaml";
  cell.device = "cpu";
  cell.driver = "none";
  cell.threads = 2;
  cell.versions = {{"torch", "2.11.0"}, {"zoetrope", "0.1.0"}};
  cell.started = "2026-01-02T03:04:05Z";
  cell.finished = "2026-01-02T03:04:06Z";
  cell.frames_sha256 = std::string(64, 'a');
  cell.latents_sha256 = std::string(64, 'b');
  cell.metrics["flicker"] = {
      "levels", "lower", 0.1, {0.25, 0.0625, -0.0}, {{"lag", {1, 0.5}}, {"spectrum", {3}}}, ""};
  cell.metrics["clip_score"].unavailable = "unavailable: needs CLIP weights";
  cell.speed["unet_step"] = {{0.5, 0.25}, "noise", true};
  cell.memory = {{"peak_resident", 1'000'000'000'000}, {"weights_unet", 3}};
  cell.timeline = {{0, 0.5}, {10, 20}, {}};
  cell.train["loss"] = {1, 0.5};
  cell.frames = {std::vector<std::uint8_t>(2 * 4 * 3 * 3, 9), {2, 4, 3, 3}};
  cell.latents = {std::vector<float>(4 * 2 * 2 * 2, 0.5F), {4, 2, 2, 2}};
  return cell;
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("popen failed");
  char buffer[4096];
  for (std::size_t got; (got = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

TEST(ResultFile, WhatIsWrittenIsReadBackToTheBit) {
  const temporary_folder folder;
  const result wanted = whole_result();
  write_result(folder / "a.h5", wanted);
  const result got = read_result(folder / "a.h5");
  EXPECT_EQ(got.experiment, wanted.experiment);
  EXPECT_EQ(got.config, wanted.config);
  EXPECT_EQ(got.arm, wanted.arm);
  EXPECT_EQ(got.prompt, wanted.prompt);
  EXPECT_EQ(got.seed, wanted.seed);
  EXPECT_EQ(got.repeat, wanted.repeat);
  EXPECT_EQ(got.git_revision, wanted.git_revision);
  EXPECT_EQ(got.git_dirty, wanted.git_dirty);
  EXPECT_EQ(got.command, wanted.command);
  EXPECT_EQ(got.device, wanted.device);
  EXPECT_EQ(got.driver, wanted.driver);
  EXPECT_EQ(got.threads, wanted.threads);
  EXPECT_EQ(got.versions, wanted.versions);
  EXPECT_EQ(got.started, wanted.started);
  EXPECT_EQ(got.finished, wanted.finished);
  EXPECT_EQ(got.status, "ok");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.frames_sha256, wanted.frames_sha256);
  EXPECT_EQ(got.latents_sha256, wanted.latents_sha256);
  ASSERT_EQ(got.metrics.size(), 2u);
  const metric_result& flicker = got.metrics.at("flicker");
  EXPECT_EQ(flicker.unit, "levels");
  EXPECT_EQ(flicker.better, "lower");
  EXPECT_EQ(flicker.per_video, 0.1);
  EXPECT_EQ(flicker.per_pair, (std::vector<double>{0.25, 0.0625, 0}));
  EXPECT_TRUE(std::signbit(flicker.per_pair[2]));
  EXPECT_EQ(flicker.curves, wanted.metrics.at("flicker").curves);
  EXPECT_EQ(got.metrics.at("clip_score").unavailable, "unavailable: needs CLIP weights");
  EXPECT_EQ(got.speed.at("unet_step").seconds, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(got.speed.at("unet_step").stopped, "noise");
  EXPECT_TRUE(got.speed.at("unet_step").throttled);
  EXPECT_EQ(got.memory, wanted.memory);
  EXPECT_EQ(got.timeline.seconds, wanted.timeline.seconds);
  EXPECT_EQ(got.timeline.resident_bytes, wanted.timeline.resident_bytes);
  EXPECT_EQ(got.train, wanted.train);
  EXPECT_EQ(got.frames.values, wanted.frames.values);
  EXPECT_EQ(got.frames.shape, wanted.frames.shape);
  EXPECT_EQ(got.latents.values, wanted.latents.values);
  EXPECT_EQ(got.latents.shape, wanted.latents.shape);
}

TEST(ResultFile, WhatOnlyAGpuHasIsThereWhereItWasMeasured) {
  const temporary_folder folder;
  result cell = whole_result();
  write_result(folder / "cpu.h5", cell);
  cell.speed["unet_step"].kernels = 2491;
  cell.timeline.device_bytes = {3, 4};
  write_result(folder / "gpu.h5", cell);
  const result cpu = read_result(folder / "cpu.h5"), gpu = read_result(folder / "gpu.h5");
  EXPECT_EQ(cpu.speed.at("unet_step").kernels, 0);
  EXPECT_EQ(gpu.speed.at("unet_step").kernels, 2491);
  EXPECT_TRUE(cpu.timeline.device_bytes.empty());
  EXPECT_EQ(gpu.timeline.device_bytes, (std::vector<std::int64_t>{3, 4}));
}

// Version 1 as h5dump shows it: names, types, shapes, attributes; an entry a line. To change it is to make
// version 2.
TEST(ResultFile, SchemaIsFrozen) {
  const temporary_folder folder;
  write_result(folder / "a.h5", whole_result());
  const std::string text_type =
      "H5T_STRING \\{ STRSIZE H5T_VARIABLE; STRPAD H5T_STR_NULLTERM; CSET H5T_CSET_UTF8; CTYPE H5T_C_S1; \\}";
  const std::string shown =
      output_of("cd " + folder.path().string() + " && h5dump -A a.h5 | tr -s ' \\n' ' ' | sed -E 's/" +
                text_type + "/UTF-8/g; s/ (ATTRIBUTE|DATASET|GROUP) /\\n\\1 /g; s/$/\\n/'");
  EXPECT_EQ(shown, bytes_of(std::filesystem::path(ZOETROPE_SOURCE_DIR) / "tests/eval/result_schema_1.txt"));
}

// A file that somebody else reads: values as h5dump prints them.
TEST(ResultFile, AnotherReaderSeesTheSameValues) {
  const temporary_folder folder;
  write_result(folder / "a.h5", whole_result());
  const auto values = [&](const std::string& dataset) {
    return output_of("h5dump -y -m %.17g -d " + dataset + " " + (folder / "a.h5").string() +
                     " | tr -d ' \\n'");
  };
  EXPECT_TRUE(mentions(values("/metrics/flicker/per_pair"), "DATA{0.25,0.0625,-0}"));
  EXPECT_TRUE(mentions(values("/metrics/flicker/per_video"), "DATA{0.10000000000000001}"));
  EXPECT_TRUE(mentions(values("/memory/peak_resident"), "DATA{1000000000000}"));
  EXPECT_TRUE(mentions(values("/frames"), "DATA{9,9,9,"));
}

TEST(ResultFile, AFailedCellKeepsItsError) {
  const temporary_folder folder;
  result cell = whole_result();
  cell.status = "failed";
  cell.error = "out of memory";
  cell.metrics.clear();
  write_result(folder / "a.h5", cell);
  EXPECT_TRUE(read_result(folder / "a.h5").failed());
  EXPECT_EQ(read_result(folder / "a.h5").error, "out of memory");
}

TEST(ResultFile, LiesUnderTheHashOfItsConfig) {
  const json config = parse_json(R"({"b": [1, 2.5], "a": {"d": "x", "c": null}})", "config");
  EXPECT_EQ(result_path("r", config, 5), "r/1f91fa75e31a02dc-s5.h5");
}

TEST(ResultFile, NothingIsOverwritten) {
  const temporary_folder folder;
  result cell = whole_result();
  write_result(folder / "a.h5", cell);
  const std::string before = bytes_of(folder / "a.h5");
  cell.command = "another";
  for (const auto standing : {standing_result::kept, standing_result::replaced_if_failed}) {
    const std::string failure = failure_of([&] { write_result(folder / "a.h5", cell, standing); });
    EXPECT_TRUE(mentions(failure, "runtime: "));
    EXPECT_TRUE(mentions(failure, "a.h5: there is a result already"));
  }
  EXPECT_EQ(bytes_of(folder / "a.h5"), before);
  folder.put("foreign.h5", "not ours");
  failure_of([&] { write_result(folder / "foreign.h5", cell, standing_result::replaced_if_failed); });
  EXPECT_EQ(bytes_of(folder / "foreign.h5"), "not ours");

  cell.status = "failed";
  write_result(folder / "b.h5", cell);
  EXPECT_TRUE(mentions(failure_of([&] { write_result(folder / "b.h5", cell); }), "never overwritten"));
  cell.status = "ok";
  write_result(folder / "b.h5", cell, standing_result::replaced_if_failed);
  EXPECT_FALSE(read_result(folder / "b.h5").failed());
}

TEST(ResultFile, WhatIsNoResultIsNamed) {
  const temporary_folder folder;
  const auto failure = [&](const std::string& name) {
    return failure_of([&] { read_result(folder / name); });
  };
  const auto other = [&](const std::string& name, const std::string& schema, std::int64_t version) {
    hdf5_writer file(folder / name);
    file.attribute("/", "schema", schema);
    file.attribute("/", "schema_version", version);
    file.finish();
  };
  hdf5_writer(folder / "bare.h5").finish();
  EXPECT_TRUE(mentions(failure("bare.h5"), "bad_input: "));
  EXPECT_TRUE(mentions(failure("bare.h5"), "bare.h5: no result: got an HDF5 file without a schema"));
  other("next.h5", "zoetrope-result", 2);
  EXPECT_TRUE(mentions(failure("next.h5"), "got 'zoetrope-result' 2, wanted 'zoetrope-result' 1"));
  other("foreign.h5", "pandas", 1);
  EXPECT_TRUE(mentions(failure("foreign.h5"), "got 'pandas' 1, wanted 'zoetrope-result' 1"));
  other("rest.h5", "zoetrope-result", 1);
  EXPECT_TRUE(mentions(failure("rest.h5"), "bad_input: "));
  EXPECT_TRUE(mentions(failure("rest.h5"), "rest.h5: /@experiment"));
  EXPECT_TRUE(mentions(failure("none.h5"), "none.h5"));

  write_result(folder / "a.h5", whole_result());
  const std::string bytes = bytes_of(folder / "a.h5");
  for (const std::size_t size : {std::size_t{0}, bytes.size() / 3, bytes.size() / 2, bytes.size() - 1}) {
    folder.put("half.h5", bytes.substr(0, size));
    EXPECT_TRUE(mentions(failure("half.h5"), "bad_input: ")) << size;
    EXPECT_TRUE(mentions(failure("half.h5"), "half.h5")) << size;
  }
  folder.put("half.h5", bytes.substr(0, bytes.size() / 2));
  EXPECT_TRUE(mentions(failure("half.h5"), "half.h5: /: half-written or damaged (HDF5: truncated file"));
  folder.put("text.h5", "no HDF5 at all");
  EXPECT_TRUE(mentions(failure("text.h5"), "text.h5: /: no HDF5 file"));
  hdf5_writer kinds(folder / "kinds.h5");
  kinds.attribute("/", "schema", std::int64_t{1});
  kinds.attribute("/", "schema_version", std::int64_t{1});
  kinds.finish();
  EXPECT_TRUE(mentions(failure("kinds.h5"), "/@schema: of another kind"));
}

// Whole results of which one thing was changed behind the program's back.
TEST(ResultFile, WhatALackingOrForeignValueIsIsSaid) {
  const temporary_folder folder;
  const auto failure = [&](const auto& change) {
    std::filesystem::remove(folder / "a.h5");
    write_result(folder / "a.h5", whole_result());
    const hid_t file = H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    change(file);
    H5Fclose(file);
    return failure_of([&] { read_result(folder / "a.h5"); });
  };
  const auto text = [](hid_t file, const char* path, const char* name, const char* value) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Adelete_by_name(file, path, name, H5P_DEFAULT);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t made =
        H5Acreate_by_name(file, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(made, type, &value), 0);
    H5Aclose(made);
    H5Sclose(space);
    H5Tclose(type);
  };
  const auto number = [](hid_t file, const char* name, std::int64_t value) {
    const hid_t there = H5Aopen(file, name, H5P_DEFAULT);
    H5Awrite(there, H5T_NATIVE_INT64, &value);
    H5Aclose(there);
  };
  EXPECT_EQ(failure([](hid_t) {}), "no error");
  EXPECT_TRUE(
      mentions(failure([](hid_t file) { H5Ldelete(file, "/metrics/flicker/per_video", H5P_DEFAULT); }),
               "/metrics/flicker/per_video"));
  EXPECT_TRUE(mentions(failure([&](hid_t file) { text(file, "/metrics/flicker", "better", "up"); }),
                       "/metrics/flicker@better: got 'up', wanted higher, lower or neither"));
  EXPECT_TRUE(mentions(failure([&](hid_t file) { text(file, "/", "status", "weird"); }),
                       "/@status: got 'weird', wanted ok or failed"));
  EXPECT_TRUE(mentions(failure([&](hid_t file) { number(file, "repeat", -4); }),
                       "/@repeat: got -4, wanted 0 or more"));
}

TEST(ResultFile, WhatCannotBeAResultIsNotWritten) {
  const temporary_folder folder;
  const auto failure = [&](auto&& change) {
    result cell = whole_result();
    change(cell);
    const std::string text = failure_of([&] { write_result(folder / "a.h5", cell); });
    EXPECT_FALSE(std::filesystem::exists(folder / "a.h5"));
    return text;
  };
  EXPECT_TRUE(mentions(failure([](result& cell) { cell.metrics["a/b"] = {}; }), "'a/b' is not a name"));
  EXPECT_TRUE(mentions(failure([](result& cell) { cell.speed[""] = {}; }), "'' is not a name"));
  EXPECT_TRUE(mentions(failure([](result& cell) { cell.metrics["m"].better = "up"; }), "better 'up'"));
  EXPECT_TRUE(mentions(failure([](result& cell) { cell.status = "fine"; }), "status 'fine'"));
  EXPECT_TRUE(
      mentions(failure([](result& cell) { cell.seed = std::numeric_limits<std::uint64_t>::max(); }), "2^63"));
}

TEST(ResultFile, FilesOfAFolderAreThoseThatAreFinished) {
  const temporary_folder folder;
  for (const char* name : {"b.h5", "deep/a.h5", "c.part.h5", "notes.txt"}) folder.put(name, "x");
  EXPECT_EQ(result_files(folder.path()),
            (std::vector<std::filesystem::path>{folder / "b.h5", folder / "deep/a.h5"}));
  EXPECT_TRUE(mentions(failure_of([&] { result_files(folder / "none"); }), "none: is not a folder"));
}

}  // namespace
}  // namespace zoetrope
