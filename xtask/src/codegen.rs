//! `cargo xtask codegen`: the OpenAPI document from the routes, TypeScript types from the document.
//!
//! An example of peakend-http prints the document, so that nobody links the engine for it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::test::DEV_PACKAGES;
use crate::{place, run, ui};

const DOCUMENT: &str = "ui/openapi.json";
const TYPES: &str = "ui/src/api/schema.d.ts";

/// `cargo xtask codegen [--check]`.
pub(crate) fn main(args: &[String]) -> Result<ExitCode> {
    let root = place::root();
    ui::need_node()?;
    ui::install(&root)?;
    match args {
        [] => {
            for (path, text) in generate(&root)? {
                let changed = std::fs::read_to_string(root.join(path)).ok().as_deref() != Some(text.as_str());
                if changed {
                    std::fs::write(root.join(path), text).with_context(|| format!("write {path}"))?;
                }
                println!("{path}: {}", if changed { "written" } else { "was current" });
            }
            Ok(ExitCode::SUCCESS)
        }
        [flag] if flag == "--check" => {
            let stale = stale(&root)?;
            for path in &stale {
                println!("{path} is stale; type: cargo xtask codegen");
            }
            Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        other => bail!("codegen takes --check or nothing, found '{}'", other.join(" ")),
    }
}

/// Generated files whose text is not what the routes say.
pub(crate) fn stale(root: &Path) -> Result<Vec<&'static str>> {
    let generated = generate(root)?;
    let differs = |path: &str, text: &str| std::fs::read_to_string(root.join(path)).ok().as_deref() != Some(text);
    Ok(generated.into_iter().filter(|(path, text)| differs(path, text)).map(|(path, _)| path).collect())
}

fn generate(root: &Path) -> Result<[(&'static str, String); 2]> {
    let folder = place::memory()?;
    let document = document(root)?;
    // generated beside, not in place: a check must not change what it checks
    let fresh = folder.join("openapi.json");
    let types = folder.join("schema.d.ts");
    std::fs::write(&fresh, &document).context("write the fresh document")?;
    let generator = root.join("ui/node_modules/.bin/openapi-typescript");
    run::captured(Command::new(&generator).arg(&fresh).arg("-o").arg(&types))?;
    let types = std::fs::read_to_string(&types).context("read the fresh types")?;
    Ok([(DOCUMENT, document), (TYPES, types)])
}

/// The document as the routes say it.
fn document(root: &Path) -> Result<String> {
    ui::ensure_dist(root)?;
    // the same packages as the unit tests build, so nothing is compiled twice
    let mut command = run::cargo(root);
    command.args(["build", "--quiet", "--locked", "--message-format", "json-render-diagnostics"]);
    command.args(DEV_PACKAGES).args(["--example", "openapi"]);
    let messages = run::captured(&mut command)?;
    let program = messages.lines().find_map(example).context("cargo built no example 'openapi' of peakend-http")?;
    let text = run::captured(&mut Command::new(program))?;
    let _parsed: serde_json::Value = serde_json::from_str(&text).context("the OpenAPI document is not JSON")?;
    Ok(format!("{}\n", text.trim_end()))
}

fn example(line: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_ours = message.pointer("/target/name")? == "openapi" && message.pointer("/target/kind/0")? == "example";
    message.get("executable")?.as_str().filter(|_| is_ours).map(PathBuf::from)
}
