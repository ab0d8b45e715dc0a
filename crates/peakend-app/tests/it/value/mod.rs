//! The value step on planted effects: what is there is found, what is not there is not claimed.
mod bank;
mod contrast;
mod evaluation;
mod ledger;
mod outcome;
mod ranking;
