//! Datasets the sandbox can start from.

pub mod model;
