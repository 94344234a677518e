// Rows of cells as lines with aligned columns.
#pragma once

#include <string>
#include <vector>

#include "cli/console.hpp"

namespace zoetrope {

class text_table {
 public:
  /// The head; a name that starts with ">" heads a column that stands to the right.
  explicit text_table(const std::vector<std::string>& head);
  /// As many cells as the head has.
  void row(const std::vector<std::string>& cells) { rows_.push_back(cells); }
  std::vector<std::string> lines() const;
  void print(const console& out) const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace zoetrope
