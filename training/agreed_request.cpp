// See agreed_request.hpp.
#include "training/agreed_request.hpp"

#include <algorithm>

namespace zoetrope {

agreed_request agree(stop_request& asked, communicator& ranks) {
  const bool save = asked.save();
  agreed_request all{false, 0};
  for (const std::vector<double>& each :
       ranks.gather({static_cast<double>(save), static_cast<double>(asked.stop())})) {
    all.save |= each[0] != 0;
    all.stop = std::max(all.stop, static_cast<int>(each[1]));
  }
  return all;
}

std::string stopped_by(int signal, const std::string& where) {
  return concat("training: stopped by signal ", signal, " ", where);
}

void expect_not_stopped(const stop_request& asked, communicator& ranks, const std::string& where) {
  const int signal = static_cast<int>(ranks.greatest(asked.stop()));
  if (signal) throw shared_error(error_kind::interrupted, stopped_by(signal, where));
}

}  // namespace zoetrope
