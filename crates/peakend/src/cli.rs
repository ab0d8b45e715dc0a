//! The verbs.
mod backup;
mod behaviour;
mod demo;
mod doctor;
mod erase;
mod import;
mod load;
mod openapi;
mod rebuild;
mod restore;
mod retention;
pub(crate) mod serve;
mod sign_in_link;
mod sim;
mod stat;
mod text;
mod verify;
mod verify_store;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Total experience management: sense every voice, find what hurts, act on it, prove what it was worth.
#[derive(Debug, Parser)]
#[command(name = "peakend", version, about)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the staff application, the API and the respondents' pages.
    Serve(serve::Serve),

    /// Make a demo bank, run the whole loop over it, and serve it.
    Demo(demo::Demo),
    /// Import a file: responses, signals, people, events or outcomes.
    Import(import::Import),
    /// Load past voices, millions of them, straight into the warehouse.
    Load(load::Load),
    /// How many persons went how far along some steps.
    Funnel(behaviour::Funnel),
    /// Persons by when they first did something, and how many came back.
    Cohort(behaviour::Cohort),
    /// Check our figures against reference cases.
    Verify(verify::Verify),
    /// Generate customers and their responses at any size, as Parquet files.
    Sim(sim::Sim),
    /// Run a statistical method over a table, with plain words.
    Stat(Box<stat::Stat>),
    /// Train a sentiment model, or adapt the shipped one to your own texts.
    Text(text::Text),
    /// Say what is missing or wrong on this machine and how to mend it.
    Doctor(doctor::Doctor),
    /// Print the OpenAPI document.
    Openapi,
    /// Copy everything into a new folder, while the server runs.
    Backup(backup::Backup),
    /// Put a backup in place, and erase again who was erased since.
    Restore(restore::Restore),
    /// Write the warehouse's segments anew, with their coded columns and stored counts.
    Rebuild(rebuild::Rebuild),
    /// Check every stored file: database, manifests, segments, backups.
    VerifyStore(verify_store::VerifyStore),
    /// Erase a person for good.
    Erase(erase::Erase),
    /// The list of erased persons.
    Erasures(erase::Erasures),
    /// How long what was heard is kept, and removing what is older.
    Retention(retention::Retention),
    /// Print a one-time sign-in link for a member of staff.
    SignInLink(sign_in_link::SignInLink),
}

/// Parse the command line and run the verb.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    crate::start_log("warn,peakend=info");
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return fail(&anyhow::Error::from(e)),
    };
    let result = runtime.block_on(async {
        match cli.verb {
            Verb::Serve(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),

            Verb::Demo(verb) => verb.run().await,
            Verb::Import(verb) => verb.run().await,
            Verb::Load(verb) => verb.run().await,
            Verb::Funnel(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
            Verb::Cohort(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
            Verb::Verify(verb) => verb.run(),
            Verb::Sim(verb) => verb.run(),
            Verb::Stat(verb) => verb.run(),
            Verb::Text(verb) => verb.run(),
            Verb::Doctor(verb) => verb.run().await,
            Verb::Openapi => openapi::run().map(|()| ExitCode::SUCCESS),
            Verb::Backup(verb) => verb.run().await,
            Verb::Restore(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
            Verb::Rebuild(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
            Verb::VerifyStore(verb) => verb.run().await,
            Verb::Erase(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
            Verb::Erasures(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
            Verb::Retention(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
            Verb::SignInLink(verb) => verb.run().await.map(|()| ExitCode::SUCCESS),
        }
    });
    result.unwrap_or_else(|e| fail(&e))
}

/// Errors are one sentence, then their causes, on standard error.
fn fail(e: &anyhow::Error) -> ExitCode {
    eprintln!("error: {e}");
    for cause in e.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
    if let Some(peakend_app::Error::Invalid(faults)) = e.downcast_ref() {
        for f in faults {
            eprintln!("  {}: {}", f.path, f.message);
        }
    }
    ExitCode::FAILURE
}

/// In the name of the system, for the first organisation.
pub(crate) async fn system(app: &peakend_app::App) -> anyhow::Result<peakend_domain::Actor> {
    let mut tx = app.store.read().await?;
    let first = peakend_store::admin::org::all(&mut tx).await?.into_iter().next();
    let org = first.context("there is no organisation yet: start peakend serve and create the owner first")?;
    Ok(peakend_domain::Actor::system(org.id))
}

/// One line on standard output: results go there, everything else to standard error.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    // a reader that has gone away (a closed pipe) is no reason to fail
    let _written = writeln!(out, "{line}");
    let _flushed = out.flush();
}
