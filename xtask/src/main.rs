//! Developer commands: `cargo xtask {demo,test,tidy,codegen,bench,torture}`.
//!
//! Written with the standard library and three small crates, so that a fresh
//! clone answers within seconds of the first `cargo xtask`.

#![expect(clippy::print_stdout, reason = "a command talks on its standard output")]

mod bench;
mod codegen;
mod demo;
mod licences;
mod place;
mod run;
mod scene;
mod stamp;
mod test;
mod tidy;
mod torture;
mod ui;
mod wire;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  demo [--reset] [--customers N] [--port P] [--no-serve] [--json]
                     build the screens and the release binary, make the demo bank, serve it
  test [--strict] [--leg NAME]... [--list]
                     everything that must hold; --strict also fails when a leg was skipped
  tidy               the house rules alone
  codegen [--check]  OpenAPI document and its TypeScript types, from the routes
  bench build        seconds of a rebuild after touching domain, app and warehouse
  bench intake [--only rate|events|flood] [--seconds N] [--runs N]
                     responses per second beside a bare append-and-sync server; events; back-pressure
  bench latency [--seconds N] [--rate N]
                     from submitting until the figure counts it and its case is listed
  bench stats [--only TASK]... [--python PATH] [--work DIR]
                     drivers, bootstrap, roll-out and Cox beside Python: equal figures, seconds, memory
  bench truth [--worlds N]
                     how often the 95 % intervals cover a planted number; writes docs/truth.md
  bench warehouse --rows N [--work DIR] [--engines duckdb,polars,chdb] [--runs N] [--peers-only]
                     the board's questions on Peakend and on its peers, over the same files
  torture [kill|point|cut|fault|full|flip] [--short] [--times N] [--seed S]
                     kill -9 at random and at named points, power cuts, disk faults, a full disk, flipped
                     bits: nothing acknowledged is lost or doubled, no figure is another
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let outcome = match args.first().map(String::as_str) {
        Some("demo") => demo::main(rest),
        Some("test") => test::main(rest),
        Some("tidy") => tidy::main(rest),
        Some("codegen") => codegen::main(rest),
        Some("bench") => bench::main(rest),
        Some("torture") => torture::main(rest),
        Some("help" | "--help" | "-h") | None => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(anyhow::anyhow!("unknown command '{other}'\n{USAGE}")),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
