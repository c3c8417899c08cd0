//! Descriptors that psgo does not have.

use super::{Descriptor, Needs, Seen, Value, descriptors};

descriptors! {
    //name  code  header  needs     what it is
    gid     ""    "GID"   [EFFECTIVE]   "effective group ID"
    hgid    ""    "HGID"  [EFFECTIVE]   "effective group ID on the host, known after a join"
    nlwp    ""    "NLWP"  [STAT]        "number of threads"
    nnp     ""    "NNP"   [STATUS]      "no_new_privs: 1 if execve can grant no privileges"
    rgid    ""    "RGID"  [STATUS]      "real group ID"
    ruid    ""    "RUID"  [STATUS]      "real user ID"
    sid     ""    "SID"   [JOBS]        "session ID"
}

fn gid(seen: &Seen<'_>) -> Value {
    let gid = seen.effective_gid().and_then(|read| seen.gid(read));
    gid.map_or(Value::Missing, |gid| number(gid.get()))
}

fn hgid(seen: &Seen<'_>) -> Value {
    let gid = seen.effective_gid().and_then(|read| seen.host_gid(read));
    gid.map_or(Value::Missing, |gid| number(gid.get()))
}

fn nlwp(seen: &Seen<'_>) -> Value {
    seen.stat()
        .map_or(Value::Missing, |stat| Value::Int(stat.num_threads))
}

fn nnp(seen: &Seen<'_>) -> Value {
    let flag = seen.status().and_then(|status| status.no_new_privs);
    flag.map_or(Value::Missing, number)
}

fn rgid(seen: &Seen<'_>) -> Value {
    let gid = seen.real_gid().and_then(|read| seen.gid(read));
    gid.map_or(Value::Missing, |gid| number(gid.get()))
}

fn ruid(seen: &Seen<'_>) -> Value {
    let uid = seen.real_uid().and_then(|read| seen.uid(read));
    uid.map_or(Value::Missing, |uid| number(uid.get()))
}

fn sid(seen: &Seen<'_>) -> Value {
    seen.sid()
        .map_or(Value::Missing, |sid| Value::Int(sid.into()))
}

fn number(n: u32) -> Value {
    Value::Int(n.into())
}
