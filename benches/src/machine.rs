//! What the figures were measured on.

use std::{fs, num::NonZeroUsize, thread};

use serde_json::{Value, json};

/// The machine, and what it was doing when the run began.
#[derive(Debug)]
pub(crate) struct Machine {
    kernel: String,
    processor: String,
    cores: usize,
    memory_mib: usize,
    load: String,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let cpu = read("/proc/cpuinfo");
        Self {
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            processor: value(&cpu, "model name").unwrap_or("unknown").to_owned(),
            cores: cores(),
            memory_mib: memory("MemTotal") / 1024,
            load: load(),
        }
    }

    pub(crate) fn line(&self) -> String {
        format!(
            "Linux {}, {} cores of {}, {} MiB of memory, load average {} at the start",
            self.kernel, self.cores, self.processor, self.memory_mib, self.load
        )
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "kernel": self.kernel,
            "processor": self.processor,
            "cores": self.cores,
            "memory_mib": self.memory_mib,
            "load_average": self.load,
        })
    }
}

/// The load averages of now.
pub(crate) fn load() -> String {
    let load = read("/proc/loadavg");
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// How many threads pay.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// How many processes there are.
pub(crate) fn processes() -> usize {
    let is_pid = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_pid))
        .count()
}

/// Whether there is memory for more processes: a tenth is left to others.
pub(crate) fn has_memory() -> bool {
    memory("MemAvailable") > memory("MemTotal") / 10
}

fn memory(label: &str) -> usize {
    let text = read("/proc/meminfo");
    let kib = value(&text, label).and_then(|value| value.split(' ').next());
    kib.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

fn value<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .find(|(found, _)| found.trim() == label)
        .map(|(_, value)| value.trim())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
