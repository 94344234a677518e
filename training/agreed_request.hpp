// What the world asks of a run of several ranks (stop_request.hpp): what is asked of any is asked of all.
#pragma once

#include "training/distributed/communicator.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {

struct agreed_request {
  bool save;
  int stop;  ///< the signal, or 0
};

/// Called by all ranks. A save is taken, as stop_request::save() takes it.
agreed_request agree(stop_request& asked, communicator& ranks);

/// "training: stopped by signal 15 after step 3; …"
std::string stopped_by(int signal, const std::string& where);

/// Called by all ranks: error{interrupted}, on all alike, where any was asked to stop.
void expect_not_stopped(const stop_request& asked, communicator& ranks, const std::string& where);

}  // namespace zoetrope
