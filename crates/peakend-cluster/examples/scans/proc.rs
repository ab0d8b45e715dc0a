//! What the kernel says of processes and of the machine.

use std::fs;

use anyhow::Context as _;

/// Forget the highest resident memory of a process.
pub(crate) fn forget_peak(id: u32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{id}/clear_refs"), "5").context("forget the peak of a process")
}

/// Highest resident memory of a process since then, in MiB.
pub(crate) fn peak_mib(id: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).context("look at a process")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).context("no VmHWM line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Processor time of some processes so far, user and system.
pub(crate) fn cpu_seconds(ids: &[u32]) -> anyhow::Result<f64> {
    let mut ticks = 0.0;
    for id in ids {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).context("look at a process")?;
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        for field in fields.get(11..13).context("a short stat line")? {
            ticks += field.parse::<f64>()?;
        }
    }
    // Linux counts in hundredths of a second
    Ok(ticks / 100.0)
}

/// Processors, memory, kernel and load.
pub(crate) fn machine() -> anyhow::Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": ")).map_or("?", |(_, name)| name);
    let cores = cpus.lines().filter(|l| l.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory = memory.lines().find_map(|l| l.strip_prefix("MemTotal:")).context("no MemTotal line")?;
    let gib = memory.trim().trim_end_matches(" kB").parse::<f64>()? / f64::from(1 << 20);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or("?");
    Ok(format!("Machine: {cores} × {model}, {gib:.1} GiB, Linux {}, load before {load}.", kernel.trim()))
}
