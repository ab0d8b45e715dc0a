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

/// Names of settings that the binary reads from its environment.
fn settings() -> Vec<String> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peakend/src/config");
    let mut names = Vec::new();
    for file in config.read_dir().unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        names.extend(source.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)));
    }
    names
}

#[test]
fn every_setting_named_in_a_deployment_file_is_one_that_the_binary_reads() {
    let known = settings();
    assert!(known.len() >= 6, "{known:?}");
    let files = [
        "systemd/peakend.service",
        "systemd/peakend-backup.service",
        "docker/Dockerfile",
        "docker/compose.yaml",
        "helm/peakend/templates/statefulset.yaml",
        "helm/peakend/values.yaml",
    ];
    for path in files {
        let text = text(path);
        for (at, _) in text.match_indices("PEAKEND_") {
            let name: String = text[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            let told = known.contains(&name) || name == "PEAKEND_";
            assert!(told, "{path} names {name}, which the binary does not read");
        }
    }
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

#[test]
fn systemd_accepts_the_units() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("SKIPPED: systemd-analyze is not here");
        return;
    }
    let dir = std::env::temp_dir().join(format!("peakend-units-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let units = ["peakend.service", "peakend-backup.service", "peakend-backup.timer"];
    for unit in units {
        // the binary is not installed where this test runs
        let text = text(&format!("systemd/{unit}")).replace("/usr/local/bin/peakend", "/bin/true");
        std::fs::write(dir.join(unit), text).unwrap();
    }
    let checked = Command::new("systemd-analyze").arg("verify").args(units.map(|u| dir.join(u))).output().unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success() && !said.contains("peakend"), "{said}");
}
