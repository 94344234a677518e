// Which engine a launcher asks for.
#include "core/error.hpp"
#include "training/distributed/communicator.hpp"
#include "training/distributed/launch.hpp"
#include "training/distributed/mpi_library.hpp"
#include "training/distributed/store_transport.hpp"

namespace zoetrope {

std::unique_ptr<communicator> open_communicator(double timeout) {
  ZT_CHECK(timeout > 0, usage, "distributed: got a timeout of ", timeout, " seconds, wanted more than 0");
  const launch started = read_launch();
  switch (started.by) {
    case launch::engine::mpi:
      return std::make_unique<communicator>(open_mpi_transport(timeout), timeout);
    case launch::engine::store:
      return std::make_unique<communicator>(open_store_transport(started, timeout), timeout);
    case launch::engine::none:
      break;
  }
  return std::make_unique<communicator>();
}

}  // namespace zoetrope
