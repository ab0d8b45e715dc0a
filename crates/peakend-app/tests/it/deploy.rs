//! The deployment files are read by what will read them, as far as that is here.
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml_ng::Value;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(deploy().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn yaml(path: &str, text: &str) -> Value {
    serde_yaml_ng::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The sources that hold the options of a binary.
fn options(folders: &[&str]) -> String {
    let mut all = String::new();
    for folder in folders {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        for file in folder.read_dir().unwrap() {
            let file = file.unwrap().path();
            if file.is_file() {
                all += &std::fs::read_to_string(file).unwrap();
            }
        }
    }
    all
}

/// Names of settings that a binary reads from its environment.
fn settings(options: &str) -> Vec<String> {
    options.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
}

/// Its long options: the names of the fields below `#[arg(long…)]`.
fn flags(options: &str) -> Vec<String> {
    let field = |rest: &str| {
        let line = rest.split_once(")]\n")?.1.trim_start().lines().next()?;
        let name = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ").split_once(':')?.0;
        Some(format!("--{}", name.replace('_', "-")))
    };
    options.split("#[arg(long").skip(1).filter_map(field).collect()
}

const ONE: &[&str] = &["peakend/src/config"];
const SEVERAL: &[&str] = &["peakend/src/config", "peakend-cluster/src"];
const CLUSTER: [&str; 9] = [
    "systemd/peakend-cluster.service",
    "systemd/peakend-scheduler.service",
    "systemd/peakend-executor.service",
    "docker/Dockerfile.cluster",
    "docker/cluster.yaml",
    "helm/peakend-cluster/values.yaml",
    "helm/peakend-cluster/templates/servers.yaml",
    "helm/peakend-cluster/templates/scheduler.yaml",
    "helm/peakend-cluster/templates/executors.yaml",
];

#[test]
fn every_setting_named_in_a_deployment_file_is_one_that_the_binary_reads() {
    let one = [
        "systemd/peakend.service",
        "systemd/peakend-backup.service",
        "docker/Dockerfile",
        "docker/compose.yaml",
        "helm/peakend/templates/statefulset.yaml",
        "helm/peakend/values.yaml",
    ];
    for (files, folders, least) in [(&one[..], ONE, 6), (&CLUSTER[..], SEVERAL, 20)] {
        let known = settings(&options(folders));
        assert!(known.len() >= least, "{known:?}");
        for path in files {
            let text = text(path);
            for (at, _) in text.match_indices("PEAKEND_") {
                let name: String = text[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
                // what compose asks for itself, and the words for all of them
                let told = known.contains(&name) || ["PEAKEND_", "PEAKEND_POSTGRES_PASSWORD"].contains(&name.as_str());
                assert!(told, "{path} names {name}, which the binary does not read");
            }
        }
    }
}

#[test]
fn every_option_named_in_a_file_of_the_cluster_is_one_that_the_binary_has() {
    let known = flags(&options(SEVERAL));
    assert!(known.len() >= 20, "{known:?}");
    let mut named = 0;
    for path in CLUSTER.iter().filter(|path| !path.contains("Dockerfile")) {
        let text = text(path);
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.contains("pg_isready"));
        for word in lines.flat_map(|line| line.split(|c: char| !(c.is_ascii_lowercase() || c == '-'))) {
            if word.starts_with("--") && word.len() > 3 {
                assert!(known.iter().any(|flag| flag == word), "{path} names {word}, which the binary does not have");
                named += 1;
            }
        }
    }
    assert!(named >= 6, "only {named} options were found in the files");
}

#[test]
fn compose_runs_one_server_without_privileges() {
    let compose = yaml("compose.yaml", &text("docker/compose.yaml"));
    let peakend = &compose["services"]["peakend"];
    assert_eq!(peakend["read_only"], Value::Bool(true));
    assert_eq!(peakend["cap_drop"][0], Value::from("ALL"));
    let volumes: Vec<&str> = peakend["volumes"].as_sequence().unwrap().iter().filter_map(Value::as_str).collect();
    for volume in volumes {
        let name = volume.split(':').next().unwrap();
        assert!(compose["volumes"].get(name).is_some(), "volume {name} is not declared");
    }
    let dockerfile = peakend["build"]["dockerfile"].as_str().unwrap();
    assert!(deploy().join("..").join(dockerfile).is_file(), "{dockerfile}");
}

/// A template with each value put in; a value that does not exist fails.
fn rendered(path: &str, values: &Value) -> String {
    let mut out = String::new();
    let template = text(path);
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let (inner, behind) = after.split_once("}}").unwrap_or_else(|| panic!("{path}: an open brace"));
        out.push_str(before);
        let name = inner.trim();
        if name == ".Release.Name" {
            out.push_str("here");
        } else {
            let keys = name.strip_prefix(".Values.").unwrap_or_else(|| panic!("{path}: {name} is not understood"));
            let value = keys.split('.').fold(values, |value, key| &value[key]);
            match value {
                Value::String(text) => out.push_str(text),
                Value::Number(number) => out.push_str(&number.to_string()),
                other => panic!("{path}: {name} is {other:?} in values.yaml"),
            }
        }
        rest = behind;
    }
    out + rest
}

#[test]
fn the_chart_makes_one_pod_with_one_volume_and_a_service_that_finds_it() {
    let values = yaml("values.yaml", &text("helm/peakend/values.yaml"));
    let chart = yaml("Chart.yaml", &text("helm/peakend/Chart.yaml"));
    assert_eq!(chart["appVersion"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(chart["appVersion"], values["image"]["tag"]);
    let set = yaml("statefulset", &rendered("helm/peakend/templates/statefulset.yaml", &values));
    let service = yaml("service", &rendered("helm/peakend/templates/service.yaml", &values));
    assert_eq!((set["kind"].as_str(), set["spec"]["replicas"].as_u64()), (Some("StatefulSet"), Some(1)));
    assert_eq!(service["spec"]["selector"], set["spec"]["template"]["metadata"]["labels"]);
    let container = &set["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["ports"][0]["name"], service["spec"]["ports"][0]["targetPort"]);
    assert_eq!(container["volumeMounts"][0]["name"], set["spec"]["volumeClaimTemplates"][0]["metadata"]["name"]);
    let probed = container["readinessProbe"]["httpGet"]["path"].as_str().unwrap();
    let health = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peakend-http/src/routes/admin/health.rs");
    assert!(std::fs::read_to_string(health).unwrap().contains(&format!("\"{probed}\"")), "{probed}");
    let env = container["env"].as_sequence().unwrap();
    assert!(env.iter().all(|one| one["value"].is_string()), "Kubernetes takes texts only: {env:?}");
}

/// Every object of a chart's template.
fn objects(path: &str, values: &Value) -> Vec<Value> {
    rendered(path, values).split("\n---\n").map(|text| yaml(path, text)).collect()
}

#[test]
fn the_chart_of_several_nodes_makes_services_that_find_their_pods_and_pods_that_find_each_other() {
    let values = yaml("values.yaml", &text("helm/peakend-cluster/values.yaml"));
    let chart = yaml("Chart.yaml", &text("helm/peakend-cluster/Chart.yaml"));
    assert_eq!(chart["appVersion"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(chart["appVersion"], values["image"]["tag"]);
    let executors = &values["executors"];
    let cores = executors["replicas"].as_u64().zip(executors["cores"].as_u64()).map(|(n, cores)| n * cores);
    assert_eq!(values["partitions"].as_u64(), cores, "a question is cut into as many pieces as there are cores");
    for name in ["servers", "scheduler", "executors"] {
        let objects = objects(&format!("helm/peakend-cluster/templates/{name}.yaml"), &values);
        let [service, set] = objects.as_slice() else { panic!("{name}: a service and its pods") };
        let (spec, pod) = (&service["spec"], &set["spec"]["template"]);
        assert_eq!(spec["selector"], pod["metadata"]["labels"], "{name}");
        assert_eq!(set["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"], "{name}");
        if set["kind"] == "StatefulSet" {
            assert_eq!(set["spec"]["serviceName"], service["metadata"]["name"], "{name}");
        }
        // otherwise a Service named peakend-scheduler sets PEAKEND_SCHEDULER_PORT to an address
        assert_eq!(pod["spec"]["enableServiceLinks"], Value::Bool(false), "{name}");
        let container = &pod["spec"]["containers"][0];
        let ports = container["ports"].as_sequence().unwrap();
        for port in spec["ports"].as_sequence().unwrap() {
            assert!(ports.iter().any(|p| p["name"] == port["targetPort"]), "{name}: {port:?}");
        }
        assert!(container["readinessProbe"].is_mapping() && container["livenessProbe"].is_mapping(), "{name}");
        let env = container["env"].as_sequence().map(Vec::as_slice).unwrap_or_default();
        assert!(env.iter().all(|one| one["value"].is_string() || one["valueFrom"].is_mapping()), "{name}: {env:?}");
    }
    let all = rendered("helm/peakend-cluster/templates/scheduler.yaml", &values)
        + &rendered("helm/peakend-cluster/templates/executors.yaml", &values)
        + &rendered("helm/peakend-cluster/templates/servers.yaml", &values);
    assert!(all.contains("name: here-scheduler\n") && all.contains("value: \"here-scheduler:50050\""));
    assert!(all.contains("--scheduler, \"here-scheduler\"") && all.contains("--listen, \"0.0.0.0:50050\""));
}

#[test]
fn compose_of_the_cluster_waits_for_postgresql_and_declares_its_volumes() {
    let compose = yaml("cluster.yaml", &text("docker/cluster.yaml"));
    for server in ["first", "second"] {
        // an anchor is put in by whoever reads it
        let service = yaml_merged(&compose["services"][server]);
        let waits = &service["depends_on"]["postgres"]["condition"];
        assert_eq!(waits.as_str(), Some("service_healthy"), "{server}");
        for volume in service["volumes"].as_sequence().unwrap().iter().filter_map(Value::as_str) {
            let name = volume.split(':').next().unwrap();
            assert!(compose["volumes"].get(name).is_some(), "volume {name} is not declared");
        }
        assert_eq!(service["read_only"], Value::Bool(true), "{server}");
        let dockerfile = service["build"]["dockerfile"].as_str().unwrap();
        assert!(deploy().join("..").join(dockerfile).is_file(), "{dockerfile}");
    }
    assert!(compose["services"]["postgres"]["healthcheck"].is_mapping());
}

fn yaml_merged(value: &Value) -> Value {
    let mut value = value.clone();
    // what is merged in may itself merge something in
    while value.get("<<").is_some() {
        value.apply_merge().unwrap();
    }
    value
}

#[test]
fn systemd_accepts_the_units() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("SKIPPED: systemd-analyze is not here");
        return;
    }
    let dir = std::env::temp_dir().join(format!("peakend-units-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let units = [
        "peakend.service",
        "peakend-backup.service",
        "peakend-backup.timer",
        "peakend-cluster.service",
        "peakend-scheduler.service",
        "peakend-executor.service",
    ];
    for unit in units {
        // the binary is not installed where this test runs
        let text = text(&format!("systemd/{unit}"));
        let text = text.replace("/usr/local/bin/peakend-cluster", "/bin/true");
        let text = text.replace("/usr/local/bin/peakend", "/bin/true");
        std::fs::write(dir.join(unit), text).unwrap();
    }
    let checked = Command::new("systemd-analyze").arg("verify").args(units.map(|u| dir.join(u))).output().unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success() && !said.contains("peakend"), "{said}");
}
