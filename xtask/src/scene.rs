//! A real server of its own data folder, furnished through its API for torture and benches.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::wire::Wire;
use crate::{place, run};

/// Longest wait for a start.
const PATIENCE: Duration = Duration::from_secs(60);

/// The survey that is answered: a score and some words.
const SURVEY: &str = "code: load
pillar: customer
languages: [en]
title: {en: Load}
questions:
  - id: nps
    type: nps
    required: true
    title: {en: Would you recommend us?}
  - id: why
    type: text
    title: {en: Why?}
";

/// The binary under test: `PEAKEND_BIN`, else the release build.
pub(crate) fn binary() -> Result<PathBuf> {
    let given = std::env::var_os("PEAKEND_BIN").map(PathBuf::from);
    let path = given.map_or_else(place::release_binary, Ok)?;
    if !path.is_file() {
        bail!("{} is not built: type cargo build --release -p peakend, or set PEAKEND_BIN", path.display());
    }
    Ok(path)
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:…`
    pub(crate) url: String,
    /// From the start of the process until it answered.
    pub(crate) ready: Duration,
}

impl Server {
    /// Start over `data` and wait until it answers.
    pub(crate) fn start(binary: &Path, data: &Path) -> Result<Self> {
        Self::start_with(binary, data, &[])
    }

    /// [`Server::start`] with more in its environment.
    pub(crate) fn start_with(binary: &Path, data: &Path, environment: &[(&str, OsString)]) -> Result<Self> {
        let log = data.join("server.log");
        let log = std::fs::File::options().create(true).append(true).open(&log).context("open the server's log")?;
        let begun = Instant::now();
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.join("data"))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("the server has no output")?).lines();
        let url = loop {
            match lines.next() {
                Some(line) => {
                    if let Some(url) = line.context("read the server's output")?.strip_prefix("listening on ") {
                        break url.trim().to_owned();
                    }
                }
                None => {
                    let _status = child.wait();
                    bail!("the server stopped at once: see server.log in {}", data.display())
                }
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let mut server = Self { child, url, ready: Duration::ZERO };
        let mut wire = Wire::to(&server.url, &[]);
        while !wire.get("/api/v1/health").is_ok_and(|a| a.status == 200) {
            if begun.elapsed() > PATIENCE || server.gone(Duration::ZERO).is_some() {
                bail!("the server did not answer within {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        server.ready = begun.elapsed();
        Ok(server)
    }

    /// `kill -9`, at once and without a word.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill().context("kill the server")?;
        self.child.wait().context("wait for the killed server").map(|_| ())
    }

    /// The largest resident memory until now, MiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).context("read its memory")?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or(0) / 1_024)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, when it does within this time.
    pub(crate) fn gone(&mut self, within: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(None) if begun.elapsed() < within => std::thread::sleep(Duration::from_millis(2)),
                found => return found.ok().flatten(),
            }
        }
    }

    /// Ask it to stop, and wait until it has; how it ended.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus> {
        let order = format!("kill -TERM {}", self.child.id());
        run::captured(Command::new("sh").args(["-c", &order]))?;
        self.gone(PATIENCE).context("the server does not stop")
    }

    /// A connection with a key.
    pub(crate) fn wire(&self, key: &str) -> Wire {
        Wire::to(&self.url, &[("Authorization", &format!("Bearer {key}"))])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // already gone is as good
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// First run, an owner's key, a touchpoint, a published survey and an alert
/// rule on low scores; the key.
pub(crate) fn furnish(server: &Server) -> Result<String> {
    let setup = json!({ "organisation": "Load", "name": "Olivia Owner", "email": "owner@example.com",
        "password": "a long enough password", "locale": "en", "time_zone": "Asia/Shanghai", "currency": "CNY" });
    let answer = Wire::to(&server.url, &[]).post("/api/v1/setup", &setup)?;
    let cookie = answer.cookie.clone().context("the first run sets no cookie")?;
    let session = answer.ok("first run")?;
    let csrf = session["csrf"].as_str().context("the session has no csrf token")?;
    let mut owner = Wire::to(&server.url, &[("Cookie", &cookie), ("X-CSRF-Token", csrf)]);
    let made = owner.post("/api/v1/api-keys", &json!({ "name": "load", "role": "owner" }))?.ok("make a key")?;
    let key = made["secret"].as_str().context("the key has no secret")?.to_owned();
    let hours = json!([{ "from": "00:00", "to": "24:00" }]);
    let week: serde_json::Map<String, Value> =
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().map(|d| ((*d).to_owned(), hours.clone())).collect();
    let calendar = json!({ "code": "always", "name": "Always", "time_zone": "Asia/Shanghai", "week": week,
        "holidays": [], "make_up_days": [] });
    let calendar = owner.post("/api/v1/calendars", &calendar)?.ok("make a calendar")?;
    let touchpoint = json!({ "code": "redeem", "pillar": "customer", "name": "Redeeming" });
    owner.post("/api/v1/touchpoints", &touchpoint)?.ok("make a touchpoint")?;
    let rule = json!({ "code": "low", "name": "Low score", "pillar": "customer", "condition": "nps <= 6",
        "priority": "high", "contact_minutes": 60, "resolve_minutes": 480, "calendar": calendar["id"],
        "enabled": true });
    owner.post("/api/v1/alert-rules", &rule)?.ok("make an alert rule")?;
    let survey = owner.post("/api/v1/surveys", &json!({ "yaml": SURVEY }))?.ok("make a survey")?;
    let versions = format!("/api/v1/surveys/{}/versions", survey["id"].as_str().context("the survey has no id")?);
    owner.post(&versions, &json!({ "revision": survey["revision"] }))?.ok("publish the survey")?;
    Ok(key)
}

/// A response of somebody of their own.
pub(crate) fn response(id: &str, nps: u8, segment: &str) -> Value {
    json!({ "id": id, "survey": "load", "answers": { "nps": nps, "why": format!("about {id}") },
        "person": { "customer_id": id }, "context": { "touchpoint": "redeem", "segment": segment } })
}

/// How many responses a figures answer counts, told or refused for being few.
pub(crate) fn counted(table: &Value) -> i64 {
    let figure = &table["total"]["figure"];
    figure["n"].as_i64().or_else(|| figure["refused"]["have"].as_f64().map(|have| have as i64)).unwrap_or(0)
}

/// The machine in one line: processors, memory, system.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
        line.split_once(':').map(|(_, v)| v.trim().to_owned()).unwrap_or_default()
    };
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let kib: u64 = memory.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    format!(
        "{} × {}, {:.1} GiB, Linux {}, load before {load}",
        cores,
        field(&read("/proc/cpuinfo"), "model name"),
        kib as f64 / 1_048_576.0,
        read("/proc/sys/kernel/osrelease").trim()
    )
}

/// A folder of its own under the temporary folder; removed when dropped.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// Made anew.
    pub(crate) fn make(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("peakend-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}
