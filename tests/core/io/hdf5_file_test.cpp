#include "core/io/hdf5_file.hpp"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <limits>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

using strings = std::vector<std::string>;
using integers = std::vector<std::int64_t>;
using doubles = std::vector<double>;

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                       most = std::numeric_limits<std::int64_t>::max();

TEST(Hdf5File, WhatIsWrittenIsReadBackToTheBit) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  const doubles values{0.1, -0.0, std::numeric_limits<double>::infinity(), 5e-324, 1e308, 2};
  output.dataset("/speed/short/seconds", hdf5_array<double>{values, {1, 3, 2}});
  output.dataset("/speed/short/iterations", integers{least, 0, most});
  output.dataset("/names",
                 hdf5_array<std::string>{{"a", "", "größer 视频", std::string(100'000, 'x')}, {2, 2}});
  output.dataset("/one", hdf5_array<double>{{4.5}, {}});
  output.dataset("/none", doubles{});
  output.dataset("/no_names", strings{});
  output.finish();

  const hdf5_reader input(folder / "a.h5");
  const auto seconds = input.dataset<double>("/speed/short/seconds");
  EXPECT_EQ(seconds.values, values);
  EXPECT_TRUE(std::signbit(seconds.values[1]));
  EXPECT_EQ(seconds.shape, (hdf5_shape{1, 3, 2}));
  EXPECT_EQ(input.dataset<std::int64_t>("/speed/short/iterations").values, (integers{least, 0, most}));
  const auto names = input.dataset<std::string>("/names");
  EXPECT_EQ(names.values, (strings{"a", "", "größer 视频", std::string(100'000, 'x')}));
  EXPECT_EQ(names.shape, (hdf5_shape{2, 2}));
  EXPECT_EQ(input.dataset<double>("/one").values, doubles{4.5});
  EXPECT_EQ(input.dataset<double>("/one").shape, hdf5_shape{});
  EXPECT_EQ(input.dataset<double>("/none").shape, hdf5_shape{0});
  EXPECT_EQ(input.dataset<std::string>("/no_names").values, strings{});
}

TEST(Hdf5File, PicturesAreKeptToTheBitAndCompressed) {
  const temporary_folder folder;
  hdf5_array<std::uint8_t> frames{std::vector<std::uint8_t>(4 * 64 * 64 * 3, 200), {4, 64, 64, 3}};
  frames.values[5] = 0;
  frames.values.back() = 255;
  const hdf5_array<float> latents{{1.5F, -0.0F, std::numeric_limits<float>::denorm_min()}, {1, 3}};
  hdf5_writer output(folder / "a.h5");
  output.dataset("/frames", frames);
  output.dataset("/none", hdf5_array<std::uint8_t>{{}, {0, 64}});
  output.dataset("/latents", latents);
  output.finish();
  EXPECT_LT(std::filesystem::file_size(folder / "a.h5"), frames.values.size() / 3);

  const hdf5_reader input(folder / "a.h5");
  EXPECT_EQ(input.dataset<std::uint8_t>("/frames").values, frames.values);
  EXPECT_EQ(input.dataset<std::uint8_t>("/frames").shape, frames.shape);
  EXPECT_EQ(input.dataset<std::uint8_t>("/none").shape, (hdf5_shape{0, 64}));
  EXPECT_EQ(input.dataset<float>("/latents").values, latents.values);
  EXPECT_TRUE(std::signbit(input.dataset<float>("/latents").values[1]));
  EXPECT_EQ(input.dataset<std::int64_t>("/frames").values[5], 0);  // a smaller kind of number
  EXPECT_EQ(input.dataset<double>("/latents").values[0], 1.5);
}

TEST(Hdf5File, ALargerKindOfNumberIsNotCutToASmallerOne) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  output.dataset("/integers", integers{1});
  output.dataset("/numbers", doubles{0.5});
  output.finish();
  const hdf5_reader input(folder / "a.h5");
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<std::uint8_t>("/integers"); }), "another kind"));
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<float>("/numbers"); }), "another kind"));
}

TEST(Hdf5File, AttributesKeepTheirKindOnGroupsDatasetsAndTheRoot) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  output.group("/metrics/clip");
  output.dataset("/metrics/clip/per_pair", doubles{1, 2});
  output.attribute("/", "config", std::string(200'000, 'c'));  // more than an object's header may hold
  output.attribute("/metrics/clip", "frames", 8);
  output.attribute("/metrics/clip", "whole", 2.0);
  output.attribute("/metrics/clip/per_pair", "unit", "cosine");
  output.finish();

  const hdf5_reader input(folder / "a.h5");
  EXPECT_EQ(input.attribute("/", "config"), hdf5_value(std::string(200'000, 'c')));
  EXPECT_EQ(input.attribute("/metrics/clip", "frames"), hdf5_value(8));
  EXPECT_EQ(input.attribute("/metrics/clip", "whole"), hdf5_value(2.0));
  EXPECT_EQ(input.attribute("/metrics/clip/per_pair", "unit"), hdf5_value("cosine"));
  EXPECT_TRUE(input.has_attribute("/metrics/clip", "frames"));
  EXPECT_FALSE(input.has_attribute("/metrics/clip", "unit"));
  EXPECT_TRUE(mentions(failure_of([&] { input.has_attribute("/none", "unit"); }), "/none@unit"));
}

TEST(Hdf5File, AGroupNamesItsChildren) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  output.group("/b");
  output.group("/a/deep");
  output.dataset("/a/värde", integers{1});
  output.finish();
  const hdf5_reader input(folder / "a.h5");
  EXPECT_EQ(input.children("/"), (strings{"a", "b"}));
  EXPECT_EQ(input.children("/a"), (strings{"deep", "värde"}));
  EXPECT_EQ(input.children("/b"), strings{});
}

TEST(Hdf5File, WithoutFinishTheOldFileStaysAndNothingElseIsLeft) {
  const temporary_folder folder;
  folder.put("a.h5", "old");
  {
    hdf5_writer output(folder / "a.h5");
    output.dataset("/values", doubles(1'000'000));
  }
  EXPECT_EQ(bytes_of(folder / "a.h5"), "old");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.part.h5"));
}

TEST(Hdf5File, AKilledWriterLeavesNoHalfFile) {
  const temporary_folder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    hdf5_writer output(folder / "a.h5");
    output.dataset("/values", doubles(1'000'000));
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.h5"));
  hdf5_writer again(folder / "a.h5");  // the part that the killed one left is taken over
  again.dataset("/values", doubles{1});
  again.finish();
  EXPECT_EQ(hdf5_reader(folder / "a.h5").dataset<double>("/values").values, doubles{1});
}

TEST(Hdf5File, WhatCannotBeWrittenIsSaidWithFileAndPath) {
  const temporary_folder folder;
  EXPECT_TRUE(mentions(failure_of([&] { hdf5_writer output(folder / "none/a.h5"); }), "runtime: "));
  hdf5_writer output(folder / "a.h5");
  output.dataset("/a/b", doubles{1});
  ::testing::internal::CaptureStderr();
  const std::string twice = failure_of([&] { output.dataset("/a/b", doubles{1}); });
  EXPECT_TRUE(mentions(twice, "runtime: "));
  EXPECT_TRUE(mentions(twice, "a.h5: /a/b: HDF5: "));
  EXPECT_TRUE(mentions(failure_of([&] { output.group("/a"); }), "a.h5: /a: HDF5: "));
  EXPECT_TRUE(mentions(failure_of([&] { output.group("/a/b/c"); }), "a.h5: /a/b/c: HDF5: "));
  EXPECT_TRUE(mentions(failure_of([&] { output.attribute("/none", "x", 1); }), "a.h5: /none@x: HDF5: "));
  EXPECT_TRUE(
      mentions(failure_of([&] { output.attribute("/a", "x", std::string("1\0002", 3)); }), "zero byte"));
  EXPECT_TRUE(mentions(failure_of([&] {
                         output.dataset("/c", hdf5_array<double>{{1, 2, 3}, {2, 2}});
                       }),
                       "a.h5: /c: 3 values for a shape of 4"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");  // HDF5's own report is kept off the screen
}

TEST(Hdf5File, WhatCannotBeReadIsBadInputWithFileAndPath) {
  const temporary_folder folder;
  const auto open = [&](const char* name) { return failure_of([&] { hdf5_reader input(folder / name); }); };
  EXPECT_TRUE(mentions(open("none.h5"), "bad_input: "));
  EXPECT_TRUE(mentions(open("none.h5"), "none.h5"));
  folder.put("text.h5", std::string(5000, 'x'));
  folder.put("empty.h5", "");
  for (const char* name : {"text.h5", "empty.h5"}) {
    EXPECT_TRUE(mentions(open(name), "bad_input: "));
    EXPECT_TRUE(mentions(open(name), std::string(name) + ": "));
  }
  hdf5_writer output(folder / "a.h5");
  output.dataset("/a/b", doubles{1});
  output.finish();
  EXPECT_TRUE(mentions(failure_of([&] { output.finish(); }), "runtime: "));
  const std::string whole = bytes_of(folder / "a.h5");
  folder.put("cut.h5", whole.substr(0, whole.size() / 2));
  EXPECT_TRUE(mentions(open("cut.h5"), "cut.h5: /: half-written or damaged (HDF5: "));

  const hdf5_reader input(folder / "a.h5");
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<double>("/a/c"); }), "a.h5: /a/c: HDF5: "));
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<double>("/a/c"); }), "bad_input: "));
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<double>("/a"); }), "a.h5: /a: HDF5: "));
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<std::int64_t>("/a/b"); }), "another kind"));
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<std::string>("/a/b"); }), "another kind"));
  EXPECT_TRUE(mentions(failure_of([&] { input.attribute("/a", "x"); }), "a.h5: /a@x: HDF5: "));
  EXPECT_TRUE(mentions(failure_of([&] { input.children("/a/b"); }), "a.h5: /a/b: HDF5: "));
}

// HDF5 1.10 does not come back from the first of these, and crashes on the others.
TEST(Hdf5File, DamagedTextsAreBadInput) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  output.attribute("/", "prompt", "a red circle moving left");
  output.finish();
  const std::string whole = bytes_of(folder / "a.h5");
  const std::size_t heap = whole.find("GCOL"), first_object = heap + 16, its_size = first_object + 8;
  ASSERT_NE(heap, std::string::npos);
  const std::vector<std::pair<std::size_t, std::string>> damages = {
      {first_object, std::string(512, '\0')}, {its_size, std::string(8, '\xff')}, {its_size, "\xff\xff"}};
  for (const auto& [at, bytes] : damages) {
    std::string damaged = whole;
    folder.put("damaged.h5", damaged.replace(at, bytes.size(), bytes));
    const std::string told = failure_of([&] { hdf5_reader input(folder / "damaged.h5"); });
    EXPECT_TRUE(mentions(told, "bad_input: ")) << told;
    EXPECT_TRUE(mentions(told, concat("damaged.h5: /: half-written or damaged: the texts at byte ", heap)))
        << told;
  }
}

// As its writer holds it between renaming it and being done.
TEST(Hdf5File, AFileThatIsThereIsReadThoughItIsLocked) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  output.dataset("/b", doubles{1});
  output.finish();
  const int held = ::open((folder / "a.h5").c_str(), O_RDONLY);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  EXPECT_EQ(hdf5_reader(folder / "a.h5").dataset<double>("/b").values, doubles{1});
  ::close(held);
}

// Made with HDF5 itself: what a hostile file would show of others on the reader's machine.
TEST(Hdf5File, NothingButTheFileItselfIsRead) {
  const temporary_folder folder;
  hdf5_writer secret(folder / "secret.h5");
  secret.dataset("/key", integers{42});
  secret.finish();
  folder.put("raw", std::string(8, 'x'));
  const auto make = [&](const char* name, const auto& fill) {
    const hid_t file = H5Fcreate((folder / name).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    fill(file);
    H5Fclose(file);
  };
  make("link.h5", [&](hid_t file) {
    const hid_t group = H5Gcreate2(file, "/metrics", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external((folder / "secret.h5").c_str(), "/key", group, "stolen", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
  });
  const hsize_t one = 1;
  const auto put = [&](hid_t file, hid_t storage) {
    const hid_t space = H5Screate_simple(1, &one, nullptr);
    H5Dclose(H5Dcreate2(file, "/key", H5T_STD_I64LE, space, H5P_DEFAULT, storage, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(storage);
  };
  make("external.h5", [&](hid_t file) {
    const hid_t storage = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(storage, (folder / "raw").c_str(), 0, 8);
    put(file, storage);
  });
  make("virtual.h5", [&](hid_t file) {
    const hid_t storage = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &one, nullptr);
    H5Pset_virtual(storage, space, (folder / "secret.h5").c_str(), "/key", space);
    H5Sclose(space);
    put(file, storage);
  });
  const std::string link = failure_of([&] { hdf5_reader input(folder / "link.h5"); });
  EXPECT_TRUE(mentions(link, "bad_input: ")) << link;
  EXPECT_TRUE(mentions(link, "'metrics/stolen' is a link to another file")) << link;
  for (const char* name : {"external.h5", "virtual.h5"}) {
    const hdf5_reader input(folder / name);
    const std::string told = failure_of([&] { input.dataset<std::int64_t>("/key"); });
    EXPECT_TRUE(mentions(told, "/key: its numbers lie in another file")) << name << ": " << told;
  }
}

TEST(Hdf5File, WhatHoldsNothingIsNoNumber) {
  const temporary_folder folder;
  const hid_t file = H5Fcreate((folder / "a.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate(H5S_NULL);
  H5Dclose(H5Dcreate2(file, "/key", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Aclose(H5Acreate2(file, "fact", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT));
  H5Sclose(space);
  H5Fclose(file);
  const hdf5_reader input(folder / "a.h5");
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<double>("/key"); }), "bad_input: "));
  EXPECT_TRUE(mentions(failure_of([&] { input.dataset<double>("/key"); }), "/key: is empty"));
  EXPECT_TRUE(mentions(failure_of([&] { input.attribute("/", "fact"); }), "is empty (a null dataspace)"));
}

// Chunks that nobody wrote take no room: a few bytes say gigabytes, or a product that wraps around to 0.
TEST(Hdf5File, ExtentsAloneTakeNoMemory) {
  const temporary_folder folder;
  const hid_t file = H5Fcreate((folder / "a.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const auto claim = [&](const char* name, hsize_t extent) {
    const hsize_t extents[] = {extent, extent}, chunk[] = {64, 64};
    const hid_t space = H5Screate_simple(2, extents, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(storage, 2, chunk);
    H5Dclose(H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, storage, H5P_DEFAULT));
    H5Pclose(storage);
    H5Sclose(space);
  };
  claim("/large", hsize_t{1} << 16);
  claim("/wrapped", hsize_t{1} << 32);
  claim("/small", 100);
  H5Fclose(file);
  const hdf5_reader input(folder / "a.h5");
  for (const char* name : {"/large", "/wrapped"}) {
    const std::string told = failure_of([&] { input.dataset<double>(name); });
    EXPECT_TRUE(mentions(told, "bad_input: ")) << told;
    EXPECT_TRUE(mentions(told, concat("a.h5: ", name, ": says to have more elements than a file of ")))
        << told;
  }
  EXPECT_EQ(input.dataset<double>("/small").values, doubles(100 * 100, 0.0));
}

TEST(Hdf5File, AGroupIsReadAndCopiedAsAFileOfItsOwn) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  output.attribute("/", "name", std::string("outer"));
  output.group("/in");
  output.attribute("/in", "name", std::string("inner"));
  output.dataset("/in/x/y", doubles{1, 2});
  output.finish();
  const hdf5_reader whole(folder / "a.h5"), inner = whole.below("/in");
  EXPECT_EQ(std::get<std::string>(inner.attribute("/", "name")), "inner");
  EXPECT_EQ(inner.children("/"), (std::vector<std::string>{"x"}));
  EXPECT_EQ(inner.dataset<double>("/x/y").values, (doubles{1, 2}));
  EXPECT_TRUE(mentions(failure_of([&] { inner.dataset<double>("/z"); }), "a.h5/in: /z: HDF5: "));
  EXPECT_TRUE(mentions(failure_of([&] { whole.below("/none"); }), "bad_input: "));

  hdf5_writer copies(folder / "b.h5");
  copies.copy(whole, "/all");
  copies.copy(inner, "/parts/in");
  copies.finish();
  const hdf5_reader copied(folder / "b.h5");
  EXPECT_EQ(std::get<std::string>(copied.attribute("/all", "name")), "outer");
  EXPECT_EQ(std::get<std::string>(copied.attribute("/parts/in", "name")), "inner");
  EXPECT_EQ(copied.dataset<double>("/all/in/x/y").values, (doubles{1, 2}));
  EXPECT_EQ(copied.dataset<double>("/parts/in/x/y").values, (doubles{1, 2}));
}

TEST(Hdf5File, VirtualRowsShowOtherDatasets) {
  const temporary_folder folder;
  hdf5_writer output(folder / "a.h5");
  output.dataset("/long", doubles{1, 2, 3});
  output.dataset("/short", doubles{4});
  output.dataset("/whole", hdf5_array<std::int64_t>{{5}, {}});
  output.virtual_rows("/rows", {"/short", "", "/long"}, 3);
  output.virtual_rows("/column", {"/whole", "", "/short"}, 0);
  EXPECT_TRUE(mentions(failure_of([&] { output.virtual_rows("/few", {"/long"}, 2); }),
                       "/few: /long has 3 entries for 2 columns"));
  output.finish();
  const hdf5_reader input(folder / "a.h5");
  const auto rows = input.dataset<double>("/rows"), column = input.dataset<double>("/column");
  EXPECT_EQ(rows.shape, (hdf5_shape{3, 3}));
  EXPECT_EQ(rows.values[0], 4);
  for (const std::size_t missing : {1, 2, 3, 4, 5}) EXPECT_TRUE(std::isnan(rows.values[missing])) << missing;
  EXPECT_EQ((doubles{rows.values.begin() + 6, rows.values.end()}), (doubles{1, 2, 3}));
  EXPECT_EQ(column.shape, hdf5_shape{3});
  EXPECT_EQ(column.values[0], 5);
  EXPECT_TRUE(std::isnan(column.values[1]));
  EXPECT_EQ(column.values[2], 4);
}

}  // namespace
}  // namespace zoetrope
