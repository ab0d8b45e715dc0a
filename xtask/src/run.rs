//! Running other programs: streamed line by line, logged whole, never megabytes on the screen.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use anyhow::{Context, Result, bail};

/// Lines of one program that reach the terminal; the log file has all of them.
const SHOWN_LINES: usize = 1_500;
/// Lines repeated from the end of the log when a program failed and its output was cut.
const TAIL_LINES: usize = 120;

/// What a finished program said.
#[derive(Debug)]
pub(crate) struct Said {
    /// Whether it ended with status 0.
    pub(crate) ok: bool,
    /// Both its outputs, line by line, in the order they came.
    pub(crate) lines: Vec<String>,
}

/// Runs `command`, shows the lines that `shown` accepts and appends all of them to `log`.
pub(crate) fn stream(command: &mut Command, log: &Path, shown: impl FnMut(&str) -> bool) -> Result<Said> {
    let title = format!("$ {}", describe(command));
    stream_as(&title, command, log, shown)
}

/// [`stream`] under another title than the command line.
pub(crate) fn stream_as(
    title: &str,
    command: &mut Command,
    log: &Path,
    mut shown: impl FnMut(&str) -> bool,
) -> Result<Said> {
    println!("{title}");
    let mut file =
        File::options().create(true).append(true).open(log).with_context(|| format!("open {}", log.display()))?;
    writeln!(file, "{title}").context("write the log")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {title}"))?;
    let (tx, rx) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        forward(out, tx.clone());
    }
    if let Some(err) = child.stderr.take() {
        forward(err, tx.clone());
    }
    drop(tx);
    let mut lines = Vec::new();
    let mut seen = 0;
    for line in rx {
        writeln!(file, "{line}").context("write the log")?;
        if shown(&line) {
            seen += 1;
            match seen {
                n if n <= SHOWN_LINES => println!("{line}"),
                n if n == SHOWN_LINES + 1 => println!("… (the rest is in {})", log.display()),
                _ => {}
            }
        }
        lines.push(line);
    }
    let status = child.wait().with_context(|| format!("wait for {title}"))?;
    if !status.success() && seen > SHOWN_LINES {
        for line in &lines[lines.len().saturating_sub(TAIL_LINES)..] {
            println!("{line}");
        }
    }
    Ok(Said { ok: status.success(), lines })
}

fn forward(source: impl Read + Send + 'static, tx: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(source);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(n) if n > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            if tx.send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
}

/// Runs `command` on the terminal itself (progress bars included) and fails when it fails.
/// All of it goes to standard error: standard output belongs to what was asked for.
pub(crate) fn attended(command: &mut Command) -> Result<()> {
    let title = describe(command);
    eprintln!("$ {title}");
    let status = command.stdout(std::io::stderr()).status().with_context(|| format!("start {title}"))?;
    if !status.success() {
        bail!("{title}: {status}");
    }
    Ok(())
}

/// Runs `command` silently and returns its standard output; fails with its error output.
pub(crate) fn captured(command: &mut Command) -> Result<String> {
    let title = describe(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {title}"))?;
    if !output.status.success() {
        bail!("{title}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("read the output of {title}"))
}

fn describe(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(name, |line, arg| line + " " + &arg.to_string_lossy())
}

/// The first of `names` that stands in a folder of `PATH`.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|p| p.is_file()))
}

/// A cargo command in the workspace, by the cargo that runs us.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Whether we are root and may install packages.
pub(crate) fn is_root() -> bool {
    captured(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0")
}

/// Installs Debian packages when we may; otherwise fails with the line to type.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let line = format!("apt-get update && apt-get install -y {}", packages.join(" "));
    if on_path(&["apt-get"]).is_none() {
        bail!("{} missing, and no apt-get to install with; on Debian: {line}", packages.join(", "));
    }
    if !is_root() {
        bail!("{} missing; type: sudo sh -c '{line}'", packages.join(", "));
    }
    println!("installing {} (apt-get)", packages.join(", "));
    let quiet = |args: &[&str]| {
        captured(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(args)).map(|_| ())
    };
    // a stale package list is no reason to stop while the packages are still on offer
    if let Err(error) = quiet(&["update", "-q"]) {
        println!("apt-get update: {error:#}");
    }
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend(packages);
    quiet(&install).with_context(|| format!("type this to see why: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_outputs_are_kept_and_failure_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("x.log");
        let said = stream(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]), &log, |_| false).unwrap();
        assert!(!said.ok);
        let mut lines = said.lines;
        lines.sort();
        assert_eq!(lines, ["one", "two"]);
        assert!(std::fs::read_to_string(log).unwrap().contains("one"));
    }

    #[test]
    fn missing_program_is_named() {
        let error = captured(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-program-here"));
    }
}
