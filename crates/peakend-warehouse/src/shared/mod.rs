//! One set of segments for several servers: a bucket, and a warehouse over it.
mod bucket;
mod catch_up;
mod warehouse;

pub use bucket::Bucket;
pub use warehouse::SharedWarehouse;
