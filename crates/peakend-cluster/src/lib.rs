//! Past one machine: the warehouse's questions on Apache DataFusion Ballista.
//!
//! Ballista's own scheduler and executor processes with our functions and our
//! bucket known to them, and a warehouse that sends its questions there. Plans
//! come from `peakend-warehouse`; here is only what names Ballista.
mod ballista;
mod cli;
mod codec;
mod executor;
mod options;
mod scheduler;
mod serve;
mod session;
mod warehouse;

pub use ballista::Ballista;
pub use cli::{command, run};
pub use options::StoreOptions;
pub use warehouse::ClusterWarehouse;
