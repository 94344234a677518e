// Opens libzoetrope_mpi.so, the only place that is linked to an MPI: only a run that mpirun or srun started
// needs one. Free of torch.
#pragma once

#include <memory>

#include "training/distributed/transport.hpp"

namespace zoetrope {

/// Starts MPI; once a process. `timeout` in seconds, for each exchange. error{runtime} if the library is not
/// there, cannot be opened, or MPI does not start.
std::unique_ptr<transport> open_mpi_transport(double timeout);

/// What libzoetrope_mpi.so exports, as "zt_open_mpi_transport".
using mpi_transport_maker = transport*(double timeout);

}  // namespace zoetrope
