// See byte_pair_merges.hpp.
#include "models/byte_pair_merges.hpp"

#include <queue>

#include "core/error.hpp"
#include "models/byte_alphabet.hpp"

namespace zoetrope {

token_vocabulary::token_vocabulary(std::vector<std::string> tokens, const std::string& source)
    : tokens_(std::move(tokens)) {
  ids_.reserve(tokens_.size());
  for (std::size_t id = 0; id < tokens_.size(); ++id)
    ZT_CHECK(ids_.emplace(tokens_[id], static_cast<int32_t>(id)).second, bad_input, source, ": token '",
             printable(tokens_[id]), "' has two ids");
}

int32_t token_vocabulary::find(std::string_view token) const {
  const auto entry = ids_.find(token);
  return entry == ids_.end() ? -1 : entry->second;
}

namespace {

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

byte_pair_merges::byte_pair_merges(const token_vocabulary& vocabulary, const merge_list& merges,
                                   const std::string& unknown, const std::string& source) {
  merges_.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    const auto id_of = [&](const std::string& token) {
      const int32_t id = vocabulary.find(token);
      ZT_CHECK(id >= 0, bad_input, source, ": merge ", rank + 1, " ('", printable(left), " ",
               printable(right), "') needs token '", printable(token),
               "', which the vocabulary does not have");
      return id;
    };
    const int32_t left_id = id_of(left), right_id = id_of(right);
    merges_[pair_key(left_id, right_id)] = {static_cast<int32_t>(rank), id_of(left + right)};
  }
  for (int byte = 0; byte < 256; ++byte) {
    const auto id_of = [&](const std::string& symbol) {
      const int32_t id = vocabulary.find(symbol);
      if (id >= 0) return id;
      const int32_t stand_in = vocabulary.find(unknown);
      ZT_CHECK(stand_in >= 0, bad_input, source, ": the vocabulary has neither '", symbol,
               "' nor the unk_token '", printable(unknown), "'");
      return stand_in;
    };
    inner_[byte] = id_of(byte_symbol(static_cast<uint8_t>(byte)));
    last_[byte] = id_of(byte_symbol(static_cast<uint8_t>(byte)) + "</w>");
  }
}

const byte_pair_merges::merge* byte_pair_merges::find(int32_t left, int32_t right) const {
  const auto entry = merges_.find(pair_key(left, right));
  return entry == merges_.end() ? nullptr : &entry->second;
}

void byte_pair_merges::append_ids(std::string_view word, std::vector<int64_t>& ids) const {
  if (word.empty()) return;
  // A doubly linked list in an array; a symbol that was merged into its left neighbour has id -1.
  struct symbol {
    int32_t id, previous, next;
  };
  const int32_t count = static_cast<int32_t>(word.size());
  std::vector<symbol> symbols(count);
  for (int32_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    symbols[i] = {i + 1 < count ? inner_[byte] : last_[byte], i - 1, i + 1 < count ? i + 1 : -1};
  }

  // Lowest rank first, then leftmost.
  struct candidate {
    int32_t rank, position, result;
    bool operator<(const candidate& other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  std::priority_queue<candidate> queue;
  const auto propose = [&](int32_t position) {
    if (position < 0 || symbols[position].next < 0) return;
    if (const merge* found = find(symbols[position].id, symbols[symbols[position].next].id))
      queue.push({found->rank, position, found->result});
  };
  for (int32_t i = 0; i + 1 < count; ++i) propose(i);

  while (!queue.empty()) {
    const candidate best = queue.top();
    queue.pop();
    symbol& left = symbols[best.position];
    if (left.id < 0 || left.next < 0) continue;
    symbol& right = symbols[left.next];
    // The pair may have changed since it was queued; like the reference, go by what it merges into.
    const merge* found = find(left.id, right.id);
    if (!found || found->result != best.result) continue;
    left.id = best.result;
    right.id = -1;
    left.next = right.next;
    if (left.next >= 0) symbols[left.next].previous = best.position;
    propose(left.previous);
    propose(best.position);
  }
  for (int32_t i = 0; i >= 0; i = symbols[i].next) ids.push_back(symbols[i].id);
}

}  // namespace zoetrope
