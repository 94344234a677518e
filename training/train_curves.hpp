// The numbers of a training run by tag ("loss/total"), and their file: HDF5 with a group /train/<tag> of
// three datasets of one length, `step` (i64), `value` (f64) and `wall_time` (f64, seconds since 1970).
// Attributes of the root: schema "zoetrope-train-log", schema_version 1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace zoetrope {

struct train_curve {
  std::vector<int64_t> step;
  std::vector<double> value, wall_time;
};
using train_curves = std::map<std::string, train_curve>;

/// error{usage} unless the tag is made of plain names with "/" between them, none of them step, value or
/// wall_time.
void check_tag(const std::string& tag);
/// Whole or not at all; error{runtime} if it cannot be written.
void write_train_curves(const std::filesystem::path& file, const train_curves& curves);
/// error{bad_input} if it is no such file.
train_curves read_train_curves(const std::filesystem::path& file);

}  // namespace zoetrope
