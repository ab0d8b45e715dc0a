//! The commands that the deployment files give, understood by the program and started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use peakend_cluster::{Ballista, ClusterWarehouse};
use peakend_query::{NaiveWarehouse, Warehouse};
use serde_yaml_ng::Value;

use crate::answers::append;
use crate::kept::database;
use crate::processes::{Cluster, Process, free_port};
use crate::rows::{self, ORGS};
use crate::wire::Wire;

/// A process as a file describes it.
#[derive(Debug)]
struct Told {
    /// The program's own arguments, the verb first.
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

const UNITS: [&str; 3] = ["peakend-scheduler", "peakend-executor", "peakend-cluster"];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// From the units of systemd; what they expect in `cluster.env` is the caller's.
fn units() -> Vec<Told> {
    let unit = |name: &str| {
        let text = text(&format!("systemd/{name}.service"));
        let lines = |key: &str| text.lines().filter_map(|l| l.strip_prefix(key)).flat_map(words).collect::<Vec<_>>();
        let start = lines("ExecStart=");
        assert_eq!(start[0], "/usr/local/bin/peakend-cluster", "{name}");
        let pair = |word: String| word.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
        let environment = lines("Environment=").into_iter().filter_map(pair).collect();
        Told { arguments: start[1..].to_vec(), environment }
    };
    UNITS.map(unit).into()
}

/// From the compose file, `${NAME…}` left as it is.
fn compose() -> Vec<Told> {
    let mut file: Value = serde_yaml_ng::from_str(&text("docker/cluster.yaml")).unwrap();
    file.apply_merge().unwrap();
    let service = |name: &str| {
        let service = &file["services"][name];
        let list = |key: &str| service[key].as_sequence().map(|all| all.iter().map(plain).collect::<Vec<_>>());
        let arguments = list("command").unwrap_or_else(|| {
            // a shell that asks for its own address
            let script = list("entrypoint").unwrap().pop().unwrap().replace("$$(hostname -i)", "127.0.0.1");
            words(script.strip_prefix("exec peakend-cluster ").unwrap())
        });
        let pair = |(k, v): (&Value, &Value)| (plain(k), plain(v));
        Told { arguments, environment: service["environment"].as_mapping().unwrap().iter().map(pair).collect() }
    };
    ["scheduler", "executor", "first"].map(service).into()
}

/// From the chart for a release named `peakend`.
fn chart() -> Vec<Told> {
    let values: Value = serde_yaml_ng::from_str(&text("helm/peakend-cluster/values.yaml")).unwrap();
    let template = |name: &str| {
        let mut text = text(&format!("helm/peakend-cluster/templates/{name}.yaml"));
        while let Some((before, rest)) = text.split_once("{{") {
            let (name, after) = rest.split_once("}}").unwrap();
            let value = match name.trim() {
                ".Release.Name" => "peakend".to_owned(),
                name => plain(name.trim_start_matches(".Values.").split('.').fold(&values, |value, key| &value[key])),
            };
            text = format!("{before}{value}{after}");
        }
        let set: Value = serde_yaml_ng::from_str(text.split("\n---\n").last().unwrap()).unwrap();
        let container = &set["spec"]["template"]["spec"]["containers"][0];
        let pair = |one: &Value| match &one["value"] {
            Value::Null => (plain(&one["name"]), "127.0.0.1".to_owned()),
            value => (plain(&one["name"]), plain(value)),
        };
        Told {
            arguments: container["args"].as_sequence().unwrap().iter().map(plain).collect(),
            environment: container["env"].as_sequence().map(|all| all.iter().map(pair).collect()).unwrap_or_default(),
        }
    };
    ["scheduler", "executors", "servers"].map(template).into()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn the_program_knows_every_option_and_variable_that_a_deployment_file_gives_it() {
    let program = peakend_cluster::command();
    for told in [units(), compose(), chart()].into_iter().flatten() {
        let verb = program.find_subcommand(&told.arguments[0]).unwrap_or_else(|| panic!("{told:?}"));
        for flag in told.arguments.iter().filter_map(|a| a.strip_prefix("--")) {
            assert!(verb.get_arguments().any(|a| a.get_long() == Some(flag)), "--{flag}: {told:?}");
        }
        for name in told.environment.keys() {
            assert!(verb.get_arguments().any(|a| a.get_env().is_some_and(|e| e == name.as_str())), "{name}: {told:?}");
        }
    }
}

/// One cluster from such files: their names and ports are those of this machine.
struct Ground {
    folder: PathBuf,
    scheduler: u16,
    rows: u16,
    tasks: u16,
    server: u16,
    bucket: Vec<(&'static str, String)>,
    database: Option<String>,
}

impl Ground {
    fn here(&self, word: &str) -> String {
        if word == "scheduler" || word == "peakend-scheduler" {
            return "127.0.0.1".to_owned();
        }
        let word = word.replace("peakend-scheduler:", "127.0.0.1:").replace("scheduler:", "127.0.0.1:");
        let word = word.replace("50050", &self.scheduler.to_string()).replace(":8080", &format!(":{}", self.server));
        word.replace("0.0.0.0", "127.0.0.1")
    }

    fn start(&self, told: &Told, log: &str, port: u16) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peakend-cluster"));
        command.arg(&told.arguments[0]).args(told.arguments[1..].iter().map(|a| self.here(a)));
        for (name, value) in told.environment.iter().filter(|(_, value)| !value.contains("${")) {
            command.env(name, self.here(value));
        }
        // what an administrator writes into cluster.env or a secret
        command.envs(self.bucket.iter().map(|(name, value)| (*name, value)));
        command.env("PEAKEND_SCHEDULER_PORT", self.scheduler.to_string());
        command.env("PEAKEND_SCHEDULER", format!("127.0.0.1:{}", self.scheduler));
        command.env("PEAKEND_EXECUTOR_PORT", self.rows.to_string());
        command.env("PEAKEND_EXECUTOR_TASK_PORT", self.tasks.to_string());
        command.env("PEAKEND_EXECUTOR_WORK", self.folder.join("work"));
        command.env("PEAKEND_DATA", self.folder.join("data"));
        if let Some(database) = &self.database {
            command.env("PEAKEND_DATABASE", database);
        }
        if told.environment.contains_key("PEAKEND_SCHEDULER_LISTEN") {
            command.env("PEAKEND_SCHEDULER_LISTEN", format!("127.0.0.1:{}", self.scheduler));
        }
        // nothing but the mounted folder can be written
        command.env("TMPDIR", "/nowhere");
        Process::of(&mut command, &self.folder.join(log), port)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_deployment_files_start_answers_questions_and_serves() {
    let cluster = Cluster::start(0).await;
    let store = cluster.bucket.options();
    let bucket = vec![
        ("PEAKEND_BUCKET", store.bucket.clone()),
        ("PEAKEND_STORE_ENDPOINT", store.endpoint.clone().unwrap()),
        ("PEAKEND_STORE_KEY_ID", store.key_id.clone().unwrap()),
        ("PEAKEND_STORE_SECRET", store.secret.clone().unwrap()),
    ];
    let shared = cluster.shared("server", 1).await;
    let oracle = NaiveWarehouse::default();
    append(&mut rows::seeded(20_261_131), ORGS[0], &mut Vec::new(), 400, &[&shared, &oracle]).await;
    shared.seal(ORGS[0]).await.unwrap();
    let mut question = rows::question(&mut rows::seeded(1));
    (question.org, question.persons) = (ORGS[0].to_owned(), true);
    let expected = oracle.answer(&question).await.unwrap().rows;
    let mut shared = Some(shared);
    for (from, told) in [("units", units()), ("compose", compose()), ("chart", chart())] {
        let folder = cluster.folder.path().join(from);
        std::fs::create_dir_all(&folder).unwrap();
        let [scheduler, rows, tasks, server] = [(); 4].map(|()| free_port());
        let database = database(&format!("from_{from}"));
        let ground = Ground { folder, scheduler, rows, tasks, server, bucket: bucket.clone(), database };
        let _scheduler = ground.start(&told[0], "scheduler.log", scheduler);
        let _executor = ground.start(&told[1], "executor.log", rows);
        let ballista = Ballista::at(&format!("127.0.0.1:{scheduler}"), 2, Duration::from_secs(30)).await.unwrap();
        let asked = ClusterWarehouse::new(shared.take().unwrap(), ballista);
        assert_eq!(asked.answer(&question).await.unwrap().rows, expected, "{from}");
        shared = Some(asked.into_shared());
        if ground.database.is_none() {
            println!("SKIPPED: the server from {from}: no PostgreSQL in PEAKEND_TEST_PG_URL");
            continue;
        }
        let serving = ground.start(&told[2], "server.log", server);
        let health = Wire::to(&serving.url(), &[]).get("/api/v1/health").unwrap();
        assert_eq!(health.status, 200, "{from}: {health:?}");
        serving.stop();
    }
}
