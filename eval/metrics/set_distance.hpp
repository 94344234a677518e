// Distances of two sets of feature vectors, in double precision.
#pragma once

#include <Eigen/Core>

#include "eval/set_metric.hpp"

namespace zoetrope {

/// n k
Eigen::MatrixXd as_matrix(const feature_rows& rows);

/// Frechet distance of the normal distributions with the sets' means and covariances (n - 1):
///   |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).
/// With A = S1^(1/2) the last trace is the sum of the roots of the eigenvalues of A S2 A, which is symmetric.
double frechet_distance(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b);

/// Squared maximum mean discrepancy with the kernel (x.y / k + 1)^3, without bias (Gretton et al. 2012, eq.
/// 3; the kernel of KID, Binkowski et al. 2018): may be below 0 for sets that are alike. Two rows or more
/// each.
double kernel_distance(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b);

}  // namespace zoetrope
