//! systemd's file of a machine, `/run/systemd/machines/NAME`.

use std::time::{Duration, SystemTime};

use super::named::Named;
use crate::{
    bytes::decimal,
    ids::{Pid, ProcessId},
    value::Text,
};

/// What it says; the lines of a shell's assignments.
pub(super) fn parse(bytes: &[u8]) -> Named {
    let mut named = Named::default();
    for line in bytes.split(|&b| b == b'\n') {
        let Some(at) = line.iter().position(|&b| b == b'=') else {
            continue;
        };
        let (key, value) = line.split_at(at);
        let value = value.get(1..).unwrap_or_default();
        match key {
            b"NAME" => named.name = Some(Text::from(value)),
            b"LEADER" => {
                let pid = decimal(value).filter(|pid: &u32| *pid > 0);
                named.init = pid.map(|pid| ProcessId::from(Pid::new(pid)));
            }
            b"TIMESTAMP" => {
                let at = decimal(value).map(Duration::from_micros);
                named.started = at.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(at));
            }
            _ => {}
        }
    }
    named
}
