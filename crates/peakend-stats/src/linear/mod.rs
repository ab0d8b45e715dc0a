//! Small dense linear algebra: matrices of some dozens of columns, least squares,
//! eigenvalues, and the covariances of a fit.
//!
//! Written here rather than taken from a library: the designs are narrow, plain
//! loops give the same digits on every machine, and this floor stays light to build.

pub mod cholesky;
pub mod covariance;
pub mod eigen;
pub(crate) mod exact;
pub mod least_squares;
pub mod matrix;
pub mod poisson;
pub mod reduced;
pub mod serial;

pub use cholesky::{Cholesky, inverse};
pub use eigen::{Eigen, symmetric_eigen};
pub use least_squares::{Fit, least_squares, weighted_least_squares};
pub use matrix::Matrix;
