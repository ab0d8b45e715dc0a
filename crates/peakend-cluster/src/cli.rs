//! The verbs.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::executor::Executor;
use crate::scheduler::Scheduler;
use crate::serve::Serve;

/// Peakend on several machines: the processes beside `peakend`.
#[derive(Debug, Parser)]
#[command(name = "peakend-cluster", version, about)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Take questions from servers and hand their parts to executors.
    Scheduler(Scheduler),
    /// Compute parts of questions.
    Executor(Executor),
    /// `peakend serve` beside other servers, its questions answered by executors.
    Serve(Box<Serve>),
}

/// The command line as it is defined, for whoever checks files that name it.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parse the command line and run the verb.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    peakend::start_log("warn");
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return fail(&anyhow::Error::from(e)),
    };
    let done = runtime.block_on(async {
        match cli.verb {
            Verb::Scheduler(verb) => verb.run().await,
            Verb::Executor(verb) => verb.run().await,
            Verb::Serve(verb) => verb.run().await,
        }
    });
    done.map_or_else(|e| fail(&e), |()| ExitCode::SUCCESS)
}

/// Errors are one sentence, then their causes, on standard error.
fn fail(e: &anyhow::Error) -> ExitCode {
    eprintln!("error: {e}");
    for cause in e.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
    ExitCode::FAILURE
}

/// One line on standard output.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    // a reader that has gone away is no reason to fail
    let _written = writeln!(out, "{line}");
    let _flushed = out.flush();
}
