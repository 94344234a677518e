// See generation_flags.hpp.
#include "cli/generation_flags.hpp"

#include <limits>

#include "core/parsed_number.hpp"
#include "pipelines/generation_settings.hpp"

namespace zoetrope {

namespace {

// Adds the option for a field, by its type. The default is shown as it stands in generation_settings.
class flag_adder {
 public:
  flag_adder(CLI::App& command, json& given) : command_(command), given_(given) {}

  template <class T>
  void operator()(const setting& which, const T& field) {
    CLI::Option* option = add(which.key, field, which.help)->group(which.group);
    if (*which.unit) option->type_name(which.unit);
  }

 private:
  std::string flag(const char* key) const { return concat("--", key); }

  // Given twice, the last one counts: scripts append to the command lines of others.
  template <class T>
  CLI::Option* with_default(CLI::Option* option, const T& value) {
    if (const std::string shown = concat(value); !shown.empty()) option->default_str(shown);
    return option->take_last();
  }
  CLI::Option* add(const char* key, const std::string& value, const char* help) {
    auto store = [&given = given_, key](const std::string& got) { given[key] = got; };
    return with_default(command_.add_option_function<std::string>(flag(key), store, help), value);
  }
  CLI::Option* add(const char* key, const double& value, const char* help) {
    auto store = [&given = given_, key](double got) { given[key] = got; };
    return with_default(command_.add_option_function<double>(flag(key), store, help), value);
  }
  // CLI11 2.1 takes a number that is too large for the largest there is.
  template <class Integer>
  CLI::Option* add(const char* key, const Integer& value, const char* help) {
    auto store = [&given = given_, key](const std::string& text) {
      const auto got = parsed_number<Integer>(text);
      ZT_CHECK(got, usage, "--", key, ": '", printable(text), "' is not a whole number from ",
               std::numeric_limits<Integer>::min(), " to ", std::numeric_limits<Integer>::max());
      given[key] = *got;
    };
    return with_default(command_.add_option_function<std::string>(flag(key), store, help), value);
  }
  CLI::Option* add(const char* key, const bool&, const char* help) {
    return command_.add_flag_callback(
        flag(key), [&given = given_, key] { given[key] = true; }, help);
  }
  CLI::Option* add(const char* key, const std::optional<double>&, const char* help) {
    auto store = [&given = given_, key](double got) { given[key] = got; };
    return command_.add_option_function<double>(flag(key), store, help)->take_last();
  }
  template <class Number>
  CLI::Option* add(const char* key, const std::vector<Number>& value, const char* help) {
    auto store = [&given = given_, key](const std::vector<Number>& got) { given[key] = got; };
    CLI::Option* option =
        command_.add_option_function<std::vector<Number>>(flag(key), store, help)->delimiter(',');
    std::string shown;
    for (const Number& number : value) shown += concat(shown.empty() ? "" : ",", number);
    if (!shown.empty()) option->default_str(shown);
    return option;
  }
  // Texts may hold commas, and a forgotten quote must not make two clips of one prompt.
  CLI::Option* add(const char* key, const std::vector<std::string>& value, const char* help) {
    auto store = [&given = given_, key](const std::vector<std::string>& got) { given[key] = got; };
    CLI::Option* option = command_.add_option_function<std::vector<std::string>>(flag(key), store, help)
                              ->allow_extra_args(false);
    if (!value.empty()) option->default_str(value.front());
    return option;
  }
  CLI::Option* add(const char* key, const json&, const char* help) {
    auto store = [&given = given_, key](const std::vector<std::string>& assignments) {
      config tree;
      for (const std::string& assignment : assignments) tree.set(assignment);
      given[key] = tree.value();
    };
    return command_.add_option_function<std::vector<std::string>>(flag(key), store, help)
        ->allow_extra_args(false);
  }

  CLI::App& command_;
  json& given_;
};

}  // namespace

void add_setting_flags(CLI::App& command, json& given) {
  const generation_settings defaults;
  for_each_setting(defaults, flag_adder(command, given));
}

}  // namespace zoetrope
