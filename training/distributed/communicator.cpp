// See communicator.hpp.
#include "training/distributed/communicator.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "training/distributed/nccl_group.hpp"

namespace zoetrope {
namespace {

class one_process : public transport {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int local_rank() const override { return 0; }
  void exchange(const std::vector<outgoing>&, const std::vector<incoming>&) override {}
};

void check_parts(const std::vector<at::Tensor>& parts, int ranks) {
  ZT_CHECK(parts.size() == static_cast<std::size_t>(ranks), usage, "distributed: got ", parts.size(),
           " parts, wanted one for each of ", ranks, " ranks");
  for (const at::Tensor& part : parts)
    ZT_CHECK((part.scalar_type() == at::kFloat || part.scalar_type() == at::kDouble) && part.is_contiguous(),
             usage, "distributed: got a part of ", part.scalar_type(), ", wanted contiguous Float or Double");
}

transport::outgoing bytes_of(const at::Tensor& part) { return {part.const_data_ptr(), part.nbytes()}; }
transport::incoming space_of(const at::Tensor& part) { return {part.mutable_data_ptr(), part.nbytes()}; }

// A tensor in as many nearly equal pieces as there are ranks.
std::vector<at::Tensor> cut(const at::Tensor& tensor, int ranks) {
  const at::Tensor flat = tensor.detach().view(-1);
  std::vector<at::Tensor> parts;
  for (int64_t r = 0; r < ranks; ++r) {
    const int64_t begin = flat.numel() * r / ranks, end = flat.numel() * (r + 1) / ranks;
    parts.push_back(flat.narrow(0, begin, end - begin));
  }
  return parts;
}

}  // namespace

communicator::communicator() : transport_(std::make_unique<one_process>()) {}
communicator::communicator(std::unique_ptr<transport> others, double timeout)
    : transport_(std::move(others)), timeout_(timeout) {}
communicator::~communicator() = default;

device_group& communicator::group_of(const at::Tensor& tensor) {
  if (!gpus_) gpus_ = open_nccl_group(*this, tensor.device(), timeout_);
  return *gpus_;
}

void communicator::reduce_scatter(const std::vector<at::Tensor>& parts) {
  check_parts(parts, size());
  if (alone()) return;
  const c10::NoGradGuard no_gradient;
  const at::Tensor& own = parts[static_cast<std::size_t>(rank())];
  if (!own.is_cpu()) return group_of(own).reduce_scatter(parts);
  std::vector<transport::outgoing> to;
  std::vector<transport::incoming> from;
  std::vector<at::Tensor> summands;
  for (int r = 0; r < size(); ++r) {
    to.push_back(bytes_of(parts[static_cast<std::size_t>(r)]));
    summands.push_back(r == rank() ? own : at::empty_like(own));
    from.push_back(space_of(summands.back()));
  }
  transport_->exchange(to, from);
  const at::Tensor sum = rank() == 0 ? own : summands[0];
  for (std::size_t r = 1; r < summands.size(); ++r) sum.add_(summands[r]);
  if (rank() != 0) own.copy_(sum);
}

void communicator::all_gather(const std::vector<at::Tensor>& parts) {
  check_parts(parts, size());
  if (alone()) return;
  const at::Tensor& own = parts[static_cast<std::size_t>(rank())];
  if (!own.is_cpu()) return group_of(own).all_gather(parts);
  std::vector<transport::incoming> from;
  for (const at::Tensor& part : parts) from.push_back(space_of(part));
  transport_->exchange(std::vector<transport::outgoing>(parts.size(), bytes_of(own)), from);
}

void communicator::all_reduce(const at::Tensor& tensor) {
  const std::vector<at::Tensor> parts = cut(tensor, size());
  reduce_scatter(parts);
  all_gather(parts);
}

void communicator::broadcast(const at::Tensor& tensor, int root) {
  std::vector<at::Tensor> parts(static_cast<std::size_t>(size()), tensor.detach().view(-1).narrow(0, 0, 0));
  parts[static_cast<std::size_t>(root)] = tensor.detach().view(-1);
  all_gather(parts);
}

std::vector<std::vector<double>> communicator::gather(const std::vector<double>& values) {
  std::vector<std::vector<double>> all(static_cast<std::size_t>(size()), values);
  std::vector<transport::incoming> from;
  const std::size_t bytes = values.size() * sizeof(double);
  for (std::vector<double>& each : all) from.push_back({each.data(), bytes});
  transport_->exchange(std::vector<transport::outgoing>(all.size(), {values.data(), bytes}), from);
  return all;
}

std::string communicator::broadcast(std::string text) {
  const auto length = static_cast<std::size_t>(gather({static_cast<double>(text.size())})[0][0]);
  text.resize(length);
  const std::size_t ranks = static_cast<std::size_t>(size());
  std::vector<transport::outgoing> to(ranks);
  std::vector<transport::incoming> from(ranks);
  if (is_first())
    std::fill(to.begin(), to.end(), transport::outgoing{text.data(), length});
  else
    from[0] = {text.data(), length};
  transport_->exchange(to, from);
  return text;
}

double communicator::greatest(double value) {
  double most = value;
  for (const std::vector<double>& each : gather({value})) most = std::max(most, each[0]);
  return most;
}

std::vector<std::string> communicator::gather_texts(const std::string& text) {
  std::vector<std::string> texts;
  for (const std::vector<double>& length : gather({static_cast<double>(text.size())}))
    texts.emplace_back(static_cast<std::size_t>(length[0]), '\0');
  std::vector<transport::incoming> from;
  for (std::string& each : texts) from.push_back({each.data(), each.size()});
  transport_->exchange(std::vector<transport::outgoing>(texts.size(), {text.data(), text.size()}), from);
  texts[static_cast<std::size_t>(rank())] = text;
  return texts;
}

// What a rank tells the others of how a body went.
struct communicator::outcome {
  std::string text;      // its value, or what is wrong
  int failure = -1;      // the kind of error
  bool listens = false;  // had nothing to do, and takes rank 0's word
};

communicator::outcome communicator::tried(const std::function<std::string()>& body) {
  try {
    return {.text = body()};
  } catch (const agreed_error&) {
    throw;  // so do all others
  } catch (const error& failure) {
    return {.text = failure.what(), .failure = static_cast<int>(failure.kind())};
  } catch (const std::exception& failure) {
    return {.text = failure.what(), .failure = static_cast<int>(error_kind::runtime)};
  }
}

// Throws where a rank has failed.
void communicator::settle(const outcome& own) {
  const std::vector<std::vector<double>> failures = gather({static_cast<double>(own.failure)});
  const auto kind_of = [&](std::size_t r) {
    return static_cast<error_kind>(static_cast<int>(failures[r][0]));
  };
  if (failures[0][0] >= 0) {
    const std::string first = broadcast(own.text);
    const bool alike = own.listens || (own.failure == static_cast<int>(failures[0][0]) && own.text == first);
    if (greatest(alike ? 0 : 1) == 0) throw shared_error(kind_of(0), first);
  }
  if (own.failure >= 0) throw agreed_error(static_cast<error_kind>(own.failure), own.text);
  for (std::size_t r = 0; r < failures.size(); ++r)
    if (failures[r][0] >= 0)
      throw agreed_error(kind_of(r), concat("distributed: rank ", r, " failed; its own message says why"));
}

std::string communicator::from_first(const std::function<std::string()>& body) {
  if (alone()) return body();
  const outcome own = is_first() ? tried(body) : outcome{.listens = true};
  settle(own);
  return broadcast(own.text);
}

void communicator::on_first(const std::function<void()>& body) {
  from_first([&] {
    body();
    return std::string();
  });
}

void communicator::on_all(const std::function<void()>& body) {
  if (alone()) return body();
  settle(tried([&] {
    body();
    return std::string();
  }));
}

}  // namespace zoetrope
