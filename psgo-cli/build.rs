//! Has the linker lay together what a listing runs, if it is one that can.
//!
//! The kernel maps sixteen pages or more around the one that is asked for. Where a listing's
//! functions lie between all others, nearly the whole program is mapped by one.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=listing.ld");
    let of_cargo = |name| env::var_os(name).map(PathBuf::from);
    let (Some(here), Some(out)) = (of_cargo("CARGO_MANIFEST_DIR"), of_cargo("OUT_DIR")) else {
        return;
    };
    // Whoever debugs cares for the time to link, and not for memory.
    if env::var_os("PROFILE").is_none_or(|profile| profile != "release") {
        return;
    }
    let script = here.join("listing.ld");
    if is_understood(&script, &out).unwrap_or(false) {
        println!("cargo::rustc-link-arg-bins=-T");
        println!("cargo::rustc-link-arg-bins={}", script.display());
    }
}

/// Whether the linker that will be used makes a program by the script. Not all know scripts that
/// only add to their own: mold and gold do not. What they make is as good, but larger in memory.
fn is_understood(script: &Path, out: &Path) -> io::Result<bool> {
    let (source, program) = (out.join("nothing.rs"), out.join("nothing"));
    fs::write(&source, "fn main() {}\n")?;
    let of_cargo = |name| env::var(name).map_err(io::Error::other);
    let target = of_cargo("TARGET")?;
    let mut rustc = Command::new(of_cargo("RUSTC")?);
    rustc.arg(&source).arg("-o").arg(&program);
    rustc.args(["--target", &target, "-C", "link-arg=-T", "-C"]);
    rustc.arg(format!("link-arg={}", script.display()));
    if let Ok(linker) = of_cargo("RUSTC_LINKER") {
        rustc.args(["-C", &format!("linker={linker}")]);
    }
    let flags = of_cargo("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.stdout(Stdio::null()).stderr(Stdio::null());
    if !rustc.status()?.success() {
        return Ok(false);
    }
    // One for another machine cannot be run here.
    Ok(target != of_cargo("HOST")? || Command::new(&program).status()?.success())
}
