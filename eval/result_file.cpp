// See result_file.hpp.
#include "eval/result_file.hpp"

#include <algorithm>
#include <limits>

#include "core/json_text.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

constexpr const char* schema = "zoetrope-result";
constexpr std::int64_t schema_version = 1;

bool is_status(const std::string& text) { return text == "ok" || text == "failed"; }
bool is_direction(const std::string& text) {
  return text == "higher" || text == "lower" || text == "neither";
}

// ---- writing

/// A name that is one step of a path.
std::string below(const std::string& group, const std::string& name) {
  ZT_CHECK(!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos, usage, group,
           ": '", printable(name), "' is not a name for a group or dataset");
  return group + "/" + name;
}

void write_root(hdf5_writer& file, const result& cell) {
  const auto told = [&](const char* name, const hdf5_value& value) { file.attribute("/", name, value); };
  ZT_CHECK(cell.seed <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()), usage, "seed ",
           cell.seed, ": results keep seeds below 2^63");
  ZT_CHECK(is_status(cell.status), usage, "status '", printable(cell.status), "' is not ok or failed");
  told("schema", schema);
  told("schema_version", schema_version);
  told("experiment", cell.experiment);
  told("config", compact(cell.config));
  told("config_hash", config_hash(cell.config));
  told("arm", compact(cell.arm));
  told("prompt", cell.prompt);
  told("seed", static_cast<std::int64_t>(cell.seed));
  told("repeat", cell.repeat);
  told("git_revision", cell.git_revision);
  told("git_dirty", std::int64_t{cell.git_dirty});
  told("command", cell.command);
  told("device", cell.device);
  told("driver", cell.driver);
  told("threads", cell.threads);
  told("versions", compact(cell.versions));
  told("started", cell.started);
  told("finished", cell.finished);
  told("status", cell.status);
  if (cell.failed()) told("error", cell.error);
  if (!cell.frames_sha256.empty()) told("frames_sha256", cell.frames_sha256);
  if (!cell.latents_sha256.empty()) told("latents_sha256", cell.latents_sha256);
}

void write_metric(hdf5_writer& file, const std::string& path, const metric_result& metric) {
  file.group(path);
  if (!metric.unavailable.empty()) return file.attribute(path, "unavailable", metric.unavailable);
  ZT_CHECK(is_direction(metric.better), usage, path, ": better '", printable(metric.better),
           "' is not higher, lower or neither");
  file.attribute(path, "unit", metric.unit);
  file.attribute(path, "better", metric.better);
  file.dataset(path + "/per_video", hdf5_array<double>{{metric.per_video}, {}});
  if (!metric.per_pair.empty()) file.dataset(path + "/per_pair", metric.per_pair);
  for (const auto& [name, curve] : metric.curves) file.dataset(below(path + "/curves", name), curve);
}

void write_speed(hdf5_writer& file, const std::string& path, const speed_result& part) {
  file.dataset(path, part.seconds);
  file.attribute(path, "unit", "s");
  file.attribute(path, "stopped", part.stopped);
  file.attribute(path, "throttled", std::int64_t{part.throttled});
  if (part.kernels > 0) file.attribute(path, "kernels", part.kernels);
}

void write_memory(hdf5_writer& file, const result& cell) {
  for (const auto& [name, bytes] : cell.memory) {
    const std::string path = below("/memory", name);
    file.dataset(path, hdf5_array<std::int64_t>{{bytes}, {}});
    file.attribute(path, "unit", "B");
  }
  if (cell.timeline.seconds.empty()) return;
  file.dataset("/memory/timeline/seconds", cell.timeline.seconds);
  file.dataset("/memory/timeline/resident_bytes", cell.timeline.resident_bytes);
  if (!cell.timeline.device_bytes.empty())
    file.dataset("/memory/timeline/device_bytes", cell.timeline.device_bytes);
}

// ---- reading

template <class Value>
Value told(const hdf5_reader& file, const fs::path& name, const std::string& path,
           const std::string& attribute) {
  const hdf5_value value = file.attribute(path, attribute);
  ZT_CHECK(std::holds_alternative<Value>(value), bad_input, printable(name.string()), ": ", path, "@",
           attribute, ": of another kind than schema version ", schema_version, " has there");
  return std::get<Value>(value);
}

/// Attributes of one file.
struct attributes {
  const hdf5_reader& file;
  const fs::path& name;

  std::string text(const std::string& path, const std::string& attribute) const {
    return told<std::string>(file, name, path, attribute);
  }
  std::int64_t number(const std::string& path, const std::string& attribute) const {
    return told<std::int64_t>(file, name, path, attribute);
  }
  std::string text_or_none(const std::string& path, const std::string& attribute) const {
    return file.has_attribute(path, attribute) ? text(path, attribute) : "";
  }
  json tree(const std::string& attribute) const {
    return parse_json(text("/", attribute), concat(printable(name.string()), ": /@", attribute));
  }
};

void check_schema(const attributes& of) {
  ZT_CHECK(of.file.has_attribute("/", "schema") && of.file.has_attribute("/", "schema_version"), bad_input,
           printable(of.name.string()), ": no result: got an HDF5 file without a schema, wanted '", schema,
           "' ", schema_version);
  const std::string got = of.text("/", "schema");
  const std::int64_t version = of.number("/", "schema_version");
  ZT_CHECK(got == schema && version == schema_version, bad_input, printable(of.name.string()),
           ": another schema: got '", printable(got), "' ", version, ", wanted '", schema, "' ",
           schema_version);
}

void read_root(const attributes& of, result& cell) {
  cell.experiment = of.text("/", "experiment");
  cell.config = of.tree("config");
  ZT_CHECK(config_hash(cell.config) == of.text("/", "config_hash"), bad_input, printable(of.name.string()),
           ": /@config_hash: is not the hash of /@config");
  cell.arm = of.tree("arm");
  cell.prompt = of.text("/", "prompt");
  cell.seed = static_cast<std::uint64_t>(of.number("/", "seed"));
  cell.repeat = of.number("/", "repeat");
  cell.git_revision = of.text("/", "git_revision");
  cell.git_dirty = of.number("/", "git_dirty") != 0;
  cell.command = of.text("/", "command");
  cell.device = of.text("/", "device");
  cell.driver = of.text("/", "driver");
  cell.threads = of.number("/", "threads");
  cell.versions = of.tree("versions");
  cell.started = of.text("/", "started");
  cell.finished = of.text("/", "finished");
  cell.status = of.text("/", "status");
  ZT_CHECK(is_status(cell.status), bad_input, printable(of.name.string()), ": /@status: got '",
           printable(cell.status), "', wanted ok or failed");
  ZT_CHECK(cell.repeat >= 0, bad_input, printable(of.name.string()), ": /@repeat: got ", cell.repeat,
           ", wanted 0 or more");
  cell.error = of.text_or_none("/", "error");
  cell.frames_sha256 = of.text_or_none("/", "frames_sha256");
  cell.latents_sha256 = of.text_or_none("/", "latents_sha256");
}

template <class Element>
Element single(const attributes& of, const std::string& path) {
  const auto array = of.file.dataset<Element>(path);
  ZT_CHECK(array.shape.empty(), bad_input, printable(of.name.string()), ": ", path,
           ": wanted one value, got an array");
  return array.values[0];
}

metric_result read_metric(const attributes& of, const std::string& path) {
  metric_result metric;
  metric.unavailable = of.text_or_none(path, "unavailable");
  if (!metric.unavailable.empty()) return metric;
  metric.unit = of.text(path, "unit");
  metric.better = of.text(path, "better");
  ZT_CHECK(is_direction(metric.better), bad_input, printable(of.name.string()), ": ", path, "@better: got '",
           printable(metric.better), "', wanted higher, lower or neither");
  metric.per_video = single<double>(of, path + "/per_video");
  for (const std::string& child : of.file.children(path)) {
    if (child == "per_pair") metric.per_pair = of.file.dataset<double>(path + "/per_pair").values;
    if (child == "curves")
      for (const std::string& name : of.file.children(path + "/curves"))
        metric.curves[name] = of.file.dataset<double>(path + "/curves/" + name).values;
  }
  return metric;
}

speed_result read_speed(const attributes& of, const std::string& path) {
  return {of.file.dataset<double>(path).values, of.text(path, "stopped"), of.number(path, "throttled") != 0,
          of.file.has_attribute(path, "kernels") ? of.number(path, "kernels") : 0};
}

memory_timeline read_timeline(const attributes& of, const std::string& path) {
  memory_timeline line{of.file.dataset<double>(path + "/seconds").values,
                       of.file.dataset<std::int64_t>(path + "/resident_bytes").values,
                       {}};
  const auto children = of.file.children(path);
  if (std::find(children.begin(), children.end(), "device_bytes") != children.end())
    line.device_bytes = of.file.dataset<std::int64_t>(path + "/device_bytes").values;
  return line;
}

void read_memory(const attributes& of, result& cell) {
  for (const std::string& name : of.file.children("/memory")) {
    const std::string path = "/memory/" + name;
    if (name == "timeline")
      cell.timeline = read_timeline(of, path);
    else
      cell.memory[name] = single<std::int64_t>(of, path);
  }
}

void read_groups(const attributes& of, result& cell, result_parts parts) {
  for (const std::string& group : of.file.children("/")) {
    const std::string path = "/" + group;
    if (group == "metrics")
      for (const std::string& name : of.file.children(path))
        cell.metrics[name] = read_metric(of, path + "/" + name);
    if (group == "speed")
      for (const std::string& name : of.file.children(path))
        cell.speed[name] = read_speed(of, path + "/" + name);
    if (group == "train")
      for (const std::string& name : of.file.children(path))
        cell.train[name] = of.file.dataset<double>(path + "/" + name).values;
    if (group == "memory") read_memory(of, cell);
    if (parts == result_parts::numbers) continue;
    if (group == "frames") cell.frames = of.file.dataset<std::uint8_t>(path);
    if (group == "latents") cell.latents = of.file.dataset<float>(path);
  }
}

bool may_be_replaced(const fs::path& file, standing_result standing) {
  return standing == standing_result::replaced_if_failed && read_result_head(file).failed();
}

}  // namespace

fs::path result_path(const fs::path& folder, const json& config, std::uint64_t seed) {
  return folder / concat(config_hash(config).substr(0, 16), "-s", seed, ".h5");
}

result_writer::result_writer(const fs::path& file, standing_result standing) : output_(file) {
  ZT_CHECK(!fs::exists(file) || may_be_replaced(file, standing), runtime, printable(file.string()),
           ": there is a result already, and results are never overwritten");
}

void result_writer::write(const result& cell) {
  write_root(output_, cell);
  for (const auto& [name, metric] : cell.metrics) write_metric(output_, below("/metrics", name), metric);
  for (const auto& [name, part] : cell.speed) write_speed(output_, below("/speed", name), part);
  write_memory(output_, cell);
  for (const auto& [name, series] : cell.train) output_.dataset(below("/train", name), series);
  if (!cell.frames.values.empty()) output_.dataset("/frames", cell.frames);
  if (!cell.latents.values.empty()) output_.dataset("/latents", cell.latents);
  output_.finish();
}

void write_result(const fs::path& file, const result& cell, standing_result standing) {
  result_writer(file, standing).write(cell);
}

result read_result(const hdf5_reader& input, const fs::path& name, result_parts parts) {
  const attributes of{input, name};
  check_schema(of);
  result cell;
  read_root(of, cell);
  if (parts != result_parts::head) read_groups(of, cell, parts);
  return cell;
}

result read_result(const fs::path& file) { return read_result(hdf5_reader(file), file, result_parts::all); }

result read_result_head(const fs::path& file) {
  return read_result(hdf5_reader(file), file, result_parts::head);
}

std::vector<fs::path> result_files(const fs::path& folder) {
  ZT_CHECK(fs::is_directory(folder), bad_input, printable(folder.string()), ": is not a folder of results");
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.extension() == ".h5" && path.stem().extension() != ".part" && entry.is_regular_file())
      files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace zoetrope
