// See set_distance.hpp.
#include "eval/metrics/set_distance.hpp"

#include <Eigen/Eigenvalues>

namespace zoetrope {

Eigen::MatrixXd as_matrix(const feature_rows& rows) {
  ZT_CHECK(!rows.empty(), bad_input, "an empty set of clips");
  Eigen::MatrixXd out(rows.size(), rows.front().size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    ZT_CHECK(rows[row].size() == rows.front().size(), bad_input, "features of ", rows[row].size(), " and of ",
             rows.front().size(), " numbers in one set");
    out.row(static_cast<Eigen::Index>(row)) =
        Eigen::Map<const Eigen::RowVectorXd>(rows[row].data(), out.cols());
  }
  return out;
}

namespace {

Eigen::MatrixXd covariance_of(const Eigen::MatrixXd& rows) {
  const Eigen::MatrixXd centred = rows.rowwise() - rows.colwise().mean();
  return centred.transpose() * centred / static_cast<double>(rows.rows() - 1);
}

// Of a symmetric matrix without negative eigenvalues, but for rounding.
Eigen::VectorXd roots_of_eigenvalues(const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>& solved) {
  return solved.eigenvalues().cwiseMax(0).cwiseSqrt();
}

Eigen::MatrixXd kernel(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  const Eigen::MatrixXd products = a * b.transpose();
  return (products.array() / static_cast<double>(a.cols()) + 1).cube();
}

double mean_off_diagonal(const Eigen::MatrixXd& square) {
  const double count = static_cast<double>(square.rows());
  return (square.sum() - square.trace()) / (count * (count - 1));
}

}  // namespace

double frechet_distance(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  const Eigen::MatrixXd first = covariance_of(a), second = covariance_of(b);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(first);
  const Eigen::MatrixXd root =
      solved.eigenvectors() * roots_of_eigenvalues(solved).asDiagonal() * solved.eigenvectors().transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> product(root * second * root, Eigen::EigenvaluesOnly);
  const double means = (a.colwise().mean() - b.colwise().mean()).squaredNorm();
  return means + first.trace() + second.trace() - 2 * roots_of_eigenvalues(product).sum();
}

double kernel_distance(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return mean_off_diagonal(kernel(a, a)) + mean_off_diagonal(kernel(b, b)) - 2 * kernel(a, b).mean();
}

}  // namespace zoetrope
