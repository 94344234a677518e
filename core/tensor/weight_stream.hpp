// Weights that visit: a layer has its tensors only while it computes, so that a network runs in the memory of
// a few layers. They come from the mapped file (f16 on a CPU is upcast, a GPU gets a copy). While one layer
// computes, the next is on its way: on a GPU a thread copies those that followed the last time; on a CPU,
// where a thread would take the cores from the computation, the system is told to read the file ahead.
// Results are those of a network that holds all its weights.
#pragma once

#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/tensor/module.hpp"
#include "core/tensor/weight_source.hpp"

namespace zoetrope {

struct stream_options {
  int64_t smallest_layer = int64_t{1}
                           << 20;  ///< bytes; smaller layers stay: to fetch one costs as much as to copy it
  int64_t ahead =
      0;  ///< bytes that a thread fetches before they are asked for; one layer whatever its size; 0: none
};
/// What suits a device.
stream_options stream_options_for(at::DeviceType device);
/// Whether a module borrows its tensors under these options when it is computed in `dtype`.
bool is_streamed(const module& layer, at::ScalarType dtype, const stream_options& options);

class weight_stream final : public weight_lender {
 public:
  /// Empties the layers of `root` that are streamed, and fills all others. Root and source outlive the
  /// stream.
  weight_stream(module& root, const weight_source& source, const stream_options& options);
  /// The layers are left empty.
  ~weight_stream() override;

  void lend(const module& layer) override;
  void take_back(const module& layer) override;

 private:
  struct fetched {
    std::vector<at::Tensor> tensors;  // as the layer's slots
    std::optional<c10::Event> done;   // on a GPU: the copies are finished
    std::exception_ptr failure;
  };
  struct lent_layer {
    module* owner = nullptr;
    std::vector<parameter_slot> slots;
    int64_t bytes = 0;
    enum class state { away, queued, fetching, here, lent } now = state::away;
    fetched ready;
    int uses = 0;
    lent_layer* next = nullptr;  // who was lent after this one the last time
  };

  void adopt(module& part);
  fetched fetch(const lent_layer& layer) const;
  void hand_over(lent_layer& layer);
  void look_ahead(const lent_layer& from);
  void work();

  const weight_source& source_;
  const stream_options options_;
  std::optional<c10::Stream> copies_;  // of a GPU
  std::map<const module*, lent_layer> layers_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<lent_layer*> queue_;
  int64_t ahead_ = 0;  // bytes that are queued, fetched or being fetched
  lent_layer* last_ = nullptr;
  bool ending_ = false;
  std::thread worker_;
};

}  // namespace zoetrope
