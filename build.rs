//! Builds the joiner and reader, `src/sys/program.rs`: a static program without a library, which is
//! part of the library as bytes. Without it containers are joined without names, and threads read what
//! can wait where no signal ends it.

use std::{env, path::Path, process::Command};

fn main() {
    const PROGRAM: &str = "src/sys/program.rs";
    println!("cargo::rerun-if-changed={PROGRAM}");
    println!("cargo::rerun-if-changed=src/sys/messages.rs");
    println!("cargo::rerun-if-changed=src/sys/raw.rs");
    println!("cargo::rerun-if-changed=src/sys/serve.rs");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(has_joiner)");
    let known = ["x86_64", "aarch64"].contains(&variable("CARGO_CFG_TARGET_ARCH").as_str());
    // x32 has other numbers of system calls.
    let is_64_bit = variable("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    if !known || !is_64_bit || variable("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    match build(PROGRAM) {
        Ok(()) => println!("cargo::rustc-cfg=has_joiner"),
        Err(reason) => println!(
            "cargo::warning=the joiner cannot be built, so containers have no names: {reason}"
        ),
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn build(program: &str) -> Result<(), String> {
    let mut rustc = Command::new(variable("RUSTC"));
    rustc
        .args([
            "--crate-name=psgo_joiner",
            "--crate-type=bin",
            "--edition=2024",
        ])
        .args([
            "--target",
            &variable("TARGET"),
            "--cap-lints=allow",
            "-Copt-level=s",
        ])
        .args([
            "-Cpanic=abort",
            "-Crelocation-model=static",
            "-Cstrip=symbols",
        ])
        .args([
            "-Clink-arg=-nostartfiles",
            "-Clink-arg=-nostdlib",
            "-Clink-arg=-static",
        ])
        .args([
            "-Clink-arg=-Wl,--build-id=none",
            "-Clink-arg=-Wl,-z,norelro",
        ])
        .arg("-o")
        .arg(Path::new(&variable("OUT_DIR")).join("joiner"))
        .arg(program);
    if variable("CARGO_CFG_TARGET_ENV") == "musl" {
        // Otherwise rustc adds the start files of its own copy of musl.
        rustc.arg("-Clink-self-contained=no");
    }
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = std::ffi::OsString::from("-Clinker=");
        option.push(linker);
        rustc.arg(option);
    }
    let output = rustc.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(told.lines().next().unwrap_or("rustc failed").to_owned())
}
