// See train_curves.hpp.
#include "training/train_curves.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/io/confined_folder.hpp"
#include "core/io/hdf5_file.hpp"
#include "core/names.hpp"

namespace zoetrope {
namespace {

constexpr const char* schema = "zoetrope-train-log";
constexpr int64_t schema_version = 1;
const std::array<std::string, 3> columns{"step", "value", "wall_time"};

bool is_column(const std::string& name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

/// Links may lead a damaged file's groups back to themselves: depth and number of visits are bounded.
class curve_reader {
 public:
  train_curves curves;
  explicit curve_reader(const hdf5_reader& file) : file_(file) {}

  /// Takes in the curve of this group, if it is one, and those below it.
  void read(const std::string& path, const std::string& tag, int depth = 0) {
    ZT_CHECK(depth < 64 && ++groups_ <= 10'000, bad_input, printable(path),
             ": more than 10000 groups, or nested deeper than 64");
    const auto names = file_.children(path);
    if (std::any_of(names.begin(), names.end(), is_column)) curves[tag] = curve_in(path);
    for (const std::string& name : names)
      if (!is_column(name)) read(path + "/" + name, tag.empty() ? name : tag + "/" + name, depth + 1);
  }

 private:
  train_curve curve_in(const std::string& path) const {
    train_curve curve;
    curve.step = file_.dataset<int64_t>(path + "/step").values;
    curve.value = file_.dataset<double>(path + "/value").values;
    curve.wall_time = file_.dataset<double>(path + "/wall_time").values;
    ZT_CHECK(curve.value.size() == curve.step.size() && curve.wall_time.size() == curve.step.size(),
             bad_input, path, ": got ", curve.step.size(), " steps, ", curve.value.size(), " values and ",
             curve.wall_time.size(), " times");
    return curve;
  }

  const hdf5_reader& file_;
  std::size_t groups_ = 0;
};

}  // namespace

void check_tag(const std::string& tag) {
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = tag.find('/', begin);
    const std::string name = tag.substr(begin, end == std::string::npos ? end : end - begin);
    ZT_CHECK(is_plain_name(name) && !is_column(name), usage, "train log: '", printable(tag),
             "' cannot be a tag: wanted names with '/' between them, none of them ",
             joined({columns.begin(), columns.end()}));
  }
}

void write_train_curves(const std::filesystem::path& file, const train_curves& curves) {
  hdf5_writer output(file);
  output.attribute("/", "schema", schema);
  output.attribute("/", "schema_version", schema_version);
  output.group("/train");
  for (const auto& [tag, curve] : curves) {
    output.dataset("/train/" + tag + "/step", curve.step);
    output.dataset("/train/" + tag + "/value", curve.value);
    output.dataset("/train/" + tag + "/wall_time", curve.wall_time);
  }
  output.finish();
}

train_curves read_train_curves(const std::filesystem::path& file) {
  const hdf5_reader input(file);
  const hdf5_value got = input.attribute("/", "schema"), version = input.attribute("/", "schema_version");
  ZT_CHECK(got == hdf5_value(schema) && version == hdf5_value(schema_version), bad_input,
           printable(file.string()), ": wanted a ", schema, " of version ", schema_version);
  curve_reader reader(input);
  in_context(printable(file.string()), [&] { reader.read("/train", ""); });
  return std::move(reader.curves);
}

}  // namespace zoetrope
