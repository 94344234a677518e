// See attention_atlas.hpp.
#include "eval/attention_atlas.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.hpp"
#include "models/attention_layer.hpp"

namespace zoetrope {

namespace {

// ..., heads, frames -> the mean of each head
std::vector<double> mean_by_head(const at::Tensor& x) {
  const at::Tensor heads = x.movedim(-2, 0).flatten(1).to(at::kDouble).mean(1).cpu().contiguous();
  return {heads.data_ptr<double>(), heads.data_ptr<double>() + heads.numel()};
}

bool is_temporal(const attention_layer& layer) {
  return layer.parts().layout().axes() == std::vector<token_axis>{token_axis::frame};
}

void collect(module& part, std::vector<attention_layer*>& found) {
  for (const auto& [name, child] : part.children()) {
    auto* layer = dynamic_cast<attention_layer*>(child);
    if (layer && is_temporal(*layer)) found.push_back(layer);
    collect(*child, found);
  }
}

// Those whose names contain one of `wanted`; empty: all.
void keep(const std::vector<std::string>& wanted, std::vector<attention_layer*>& layers) {
  const auto has = [](const std::string& text) {
    return [&text](const attention_layer* layer) { return layer->path().find(text) != std::string::npos; };
  };
  for (const std::string& text : wanted)
    ZT_CHECK(std::any_of(layers.begin(), layers.end(), has(text)), usage,
             "atlas: no temporal attention's name contains '", printable(text), "'; the first is ",
             layers.front()->path());
  std::erase_if(layers, [&](const attention_layer* layer) {
    return !wanted.empty() && std::none_of(wanted.begin(), wanted.end(),
                                           [&](const std::string& text) { return has(text)(layer); });
  });
}

std::vector<attention_layer*> temporal_layers(module& net, const std::vector<std::string>& wanted) {
  std::vector<attention_layer*> layers;
  collect(net, layers);
  ZT_CHECK(!layers.empty(), usage, "atlas: the UNet has no attention of the layout 'temporal'");
  keep(wanted, layers);
  for (const attention_layer* layer : layers) {
    const std::string& backend = layer->parts().backend_name();
    ZT_CHECK(backend != "linear" && backend != "torchscript", usage, "atlas: ", layer->path(), ": backend '",
             backend, "' has no softmax whose weights could be told");
  }
  return layers;
}

// Sums over the calls of a layer in one step: halves of guidance in turn, pieces of pixels.
class running_mean {
 public:
  void add(const attention_input& input) {
    const attention_statistics here = statistics_of(input);
    // q: batch…, heads, frames, head_dim
    const auto rows = static_cast<double>(input.q.numel() / input.q.size(-3));
    const auto into = [&](std::vector<double>& sum, const std::vector<double>& values) {
      sum.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) sum[i] += rows * values[i];
    };
    into(sums_.entropy, here.entropy);
    into(sums_.distance, here.distance);
    into(sums_.diagonal, here.diagonal);
    rows_ += rows;
  }
  attention_statistics take() {
    for (std::vector<double>* sum : {&sums_.entropy, &sums_.distance, &sums_.diagonal})
      for (double& value : *sum) value /= rows_;
    rows_ = 0;
    return std::exchange(sums_, {});
  }

 private:
  attention_statistics sums_;
  double rows_ = 0;
};

class watched_layers {
 public:
  watched_layers(module& net, const std::vector<std::string>& wanted)
      : layers_(temporal_layers(net, wanted)) {
    for (attention_layer* layer : layers_)
      layer->observe([this, name = layer->path()](const attention_input& input) {
        if (!means_.count(name)) order_.push_back(name);
        means_[name].add(input);
      });
  }
  ~watched_layers() {
    for (attention_layer* layer : layers_) layer->observe({});
  }
  watched_layers(const watched_layers&) = delete;
  watched_layers& operator=(const watched_layers&) = delete;

  const std::vector<std::string>& order() const { return order_; }
  std::map<std::string, running_mean>& means() { return means_; }

 private:
  const std::vector<attention_layer*> layers_;
  std::vector<std::string> order_;
  std::map<std::string, running_mean> means_;
};

hdf5_array<double> by_step(const std::vector<attention_statistics>& steps,
                           std::vector<double> attention_statistics::*which) {
  hdf5_array<double> table{{}, {steps.size(), (steps.front().*which).size()}};
  for (const attention_statistics& step : steps)
    table.values.insert(table.values.end(), (step.*which).begin(), (step.*which).end());
  return table;
}

}  // namespace

attention_statistics statistics_of(const attention_input& given) {
  attention_input input = given;
  input.q = input.q.to(at::kFloat);
  input.k = input.k.to(at::kFloat);
  if (input.relative_k.defined()) input.relative_k = input.relative_k.to(at::kFloat);
  const at::Tensor p = attention_weights(input);
  ZT_CHECK(p.size(-1) == p.size(-2), runtime, "attention statistics: ", p.size(-2), " queries and ",
           p.size(-1), " keys; wanted the same frames");
  const at::Tensor frame = at::arange(p.size(-1), p.options());
  const at::Tensor distance = (frame.unsqueeze(1) - frame.unsqueeze(0)).abs();
  return {mean_by_head(-at::xlogy(p, p).sum(-1)), mean_by_head((p * distance).sum(-1)),
          mean_by_head(p.diagonal(0, -2, -1))};
}

attention_atlas record_atlas(const text_to_video_model& model, text_to_video_call call,
                             const std::vector<std::string>& wanted,
                             const std::function<bool(int64_t, int64_t)>& on_step) {
  ZT_CHECK(call.video_length > 1, usage, "atlas: a single frame has no temporal attention");
  watched_layers watched(*model.unet, wanted);
  attention_atlas atlas;
  atlas.frames = call.video_length;
  call.output_kind = text_to_video_call::output::latents;
  call.on_step = [&](const step_report& step) {
    for (auto& [name, mean] : watched.means()) atlas.of[name].push_back(mean.take());
    atlas.steps = step.index + 1;
    return !on_step || on_step(step.index + 1, step.count);
  };
  text_to_video(model, call);
  atlas.layers = watched.order();
  return atlas;
}

void write_atlas(const std::filesystem::path& file, const attention_atlas& atlas,
                 const std::map<std::string, hdf5_value>& more) {
  hdf5_writer output(file);
  output.attribute("/", "schema", "zoetrope-atlas");
  output.attribute("/", "schema_version", std::int64_t{1});
  output.attribute("/", "frames", atlas.frames);
  for (const auto& [name, value] : more) output.attribute("/", name, value);
  for (std::size_t i = 0; i < atlas.layers.size(); ++i) {
    const std::string path = "/layers/" + atlas.layers[i];
    const auto& steps = atlas.of.at(atlas.layers[i]);
    output.dataset(path + "/entropy", by_step(steps, &attention_statistics::entropy));
    output.dataset(path + "/distance", by_step(steps, &attention_statistics::distance));
    output.dataset(path + "/diagonal", by_step(steps, &attention_statistics::diagonal));
    output.attribute(path, "index", static_cast<std::int64_t>(i));
  }
  output.finish();
}

}  // namespace zoetrope
