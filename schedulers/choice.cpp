// See choice.hpp.
#include "schedulers/choice.hpp"

#include <algorithm>

#include "core/name_messages.hpp"

namespace zoetrope {

std::string read_choice(const config& options, const char* key, const char* fallback,
                        const std::vector<std::string>& known) {
  const std::string value = options.get(key, fallback);
  if (std::find(known.begin(), known.end(), value) != known.end()) return value;
  throw options.fail(unknown_name(key, value, known));
}

int64_t read_num_train_timesteps(const config& options) {
  const auto count = options.get<int64_t>("num_train_timesteps", 1000);
  if (count < 1 || count > 1'000'000)
    throw options.fail(concat("num_train_timesteps ", count, " is not between 1 and 1000000"));
  return count;
}

}  // namespace zoetrope
