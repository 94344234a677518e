// See data_problems.hpp.
#include "training/data_problems.hpp"

#include "core/error.hpp"

namespace zoetrope {

void data_problems::settle(const std::string& source, bool skip_bad, std::size_t usable,
                           std::size_t all) const {
  ZT_CHECK(all > 0, bad_input, source, ": there are no clips");
  if (usable > 0 && (skip_bad || lines_.empty())) return;
  std::string message = concat(source, ": ", all - usable, " of ", all, " clips cannot be used");
  if (!skip_bad && usable > 0) message += "; skip_bad: true leaves them out";
  for (const std::string& line : lines_) message += "\n  " + line;
  throw error(error_kind::bad_input, message);
}

}  // namespace zoetrope
