//! What each form of a filter means, and what each error says.

use std::time::Duration;

use super::*;
use crate::{Time, caps::CapSet, descriptor, descriptor::Subject};

const ID: &str = "3f2a9c1b2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8";

/// What each of these columns shows.
fn row(name: &str) -> Value {
    match name {
        "pid" => Value::Int(4711),
        "ppid" | "sid" => Value::Int(12),
        "uid" | "rgid" => Value::Int(1000),
        "kthread" => Value::Int(1),
        "ruid" | "nnp" => Value::Int(0),
        "user" => Value::text("joe"),
        "ruser" => Value::text("root"),
        "rgroup" => Value::text("docker"),
        "supgid" => Value::List(vec![Value::Int(4), Value::Int(27)]),
        "vsz" => Value::Size(100 << 20),
        "state" => Value::text("R"),
        "seccomp" => Value::text("filter"),
        "tty" => Value::text("pts/3"),
        "exe" => Value::text("/usr/sbin/nginx"),
        "container" => Value::text(ID),
        "cname" => Value::text("web"),
        "containers" => Value::List(vec![
            Value::text(format!("docker:{ID}")),
            Value::text("lxc:db"),
        ]),
        "peers" => Value::List(vec![Value::text("10.1.2.3:443"), Value::text("[::1]:80")]),
        "nice" => Value::Int(-5),
        "pcpu" => Value::Percent(12.5),
        "rss" => Value::Size(150 << 20),
        "ancestors" => Value::List(vec![Value::Int(12), Value::Int(1)]),
        "etime" => Value::Duration(Duration::from_secs(5400)),
        "stime" => Value::Time(Box::new(Time::new(1_795_000_000, 0, 3600, "CET").unwrap())),
        "comm" => Value::text("nginx"),
        "args" => Value::text(b"nginx: worker \xff process *"),
        "groups" => Value::List(vec![Value::text("adm"), Value::text("docker")]),
        "capeff" => Value::Caps(CapSet::new(0x2001, 40)),
        "capprm" => Value::Caps(CapSet::new(0, 40)),
        "capbnd" => Value::Caps(CapSet::full(40)),
        _ => Value::MISSING,
    }
}

fn parse(text: &str) -> Result<Filter> {
    Filter::parse(text, descriptor::find)
}

#[track_caller]
fn holds(text: &str) -> bool {
    let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let cells: Vec<_> = filter
        .columns()
        .iter()
        .map(|column| row(column.name))
        .collect();
    filter.holds(&cells)
}

/// They hold for the row.
const HOLD: &[&str] = &[
    "pid=4711",
    "pid==4711",
    "pid!=1",
    "pid>4710",
    "pid>=4711",
    "pid<4712",
    "pid<=4711",
    "nice=-5",
    "nice<0",
    "pcpu>12.4",
    "pcpu<12.6%",
    "%C=12.5",
    "rss>100M",
    "rss=150MiB",
    "rss>=153600K",
    "rss<0.2G",
    "rss=157286400",
    "rss=157286400B",
    "etime=1h30m",
    "etime>5399",
    "etime<1.6h",
    "etime=5400s",
    "etime>=90m",
    "etime<1d",
    "stime>2026-11-17",
    "stime>=2026-11-18",
    "stime=2026-11-18",
    "stime!=2026-11-17",
    "stime<2026-11-19",
    "stime<=2026-11-18",
    "stime=2026-11-18T12:06:40+01:00",
    "stime<'2026-11-18 12:07'",
    "comm=nginx",
    "comm!=ngin",
    "comm=ng*",
    "comm=?ginx",
    "comm=*",
    "comm>nginw",
    "comm='nginx'",
    "comm~^ng",
    "comm=~inx$",
    "comm!~^in",
    r"args~'worker .* process \*'",
    "args='*process**'||comm=nginx",
    "args=nginx:*process*",
    "args~'(?-u)\\xff'",
    "groups=docker",
    "groups=d*",
    "groups!=root",
    "groups~ock",
    "ancestor=1",
    "ancestors!=2",
    "age>1h",
    "rss>100MB",
    "rss > 100 MiB",
    "rss=150 MiB",
    "rss>150 mb && pid=4711",
    "rss>vsz",
    "vsz<rss && pid=4711",
    "etime=01:30:00",
    "etime>1h 29m",
    "etime > 89 min",
    "stime>-100000h",
    "stime > -100000 h",
    "stime>2026-11-18 10:00",
    "stime='2026-11-18 12:06:40 +0100 CET'",
    "PID=4711",
    "%CPU>12.4",
    "pcpu < 12.6 %",
    "kthread",
    "not nnp",
    "!nnp",
    "kthread && !nnp",
    "kthread=yes",
    "nnp=false",
    "! (nnp)",
    "uid!=ruid",
    "uid = euid",
    "user!=ruser",
    "groups=rgroup",
    "capeff!=capprm",
    "ancestors=ppid",
    "ppid=ancestors",
    "user=1000",
    "user!=0",
    "user>999",
    "user in (0,1000)",
    "groups=27",
    "groups!=0",
    "comm in (bash, nginx)",
    "comm in ('bash', ng*)",
    "comm not in (bash,sh)",
    "pid in (1, 4711) and comm not in (x)",
    "rss in (150 MiB, 1 G)",
    "state=running",
    "state=Running",
    "state=r",
    "state in (running,sleeping)",
    "state!=zombie",
    "state!=t",
    "seccomp=FILTER",
    "sid=12",
    "container=3f2a9c1b2d4e",
    "container=3f2a",
    "container=3f2a9c*",
    "container!=4f2a9c1b2d4e",
    "container=web",
    "container=/web",
    "container in (db,web)",
    "container!=db",
    "cname=web",
    "cname=w*",
    "containers=3f2a9c1b",
    "containers=docker:3f2a9c",
    "containers=db",
    "tname=3",
    "tt=pts/3",
    "tty=/dev/pts/3",
    "tty!=4",
    "remote=10.1.2.3",
    "remote=10.1.2.3:443",
    "remote=::1",
    "remote=[::1]",
    "exe=*/nginx",
    "exe=/usr/sbin/nginx",
    "capeff=NET_RAW",
    "capeff=cap_chown,NET_RAW",
    "capeff!=SYS_ADMIN",
    "capprm=none",
    "capbnd=full",
    "capeff!=full",
    "capeff!=none",
    "label=?",
    "comm!=?",
    "!(label=x)",
    "not label=x",
    "pid=1 or comm=nginx and rss>1M",
    "pid=1 OR comm=nginx And NOT rss<1M",
    "comm In (bash,nginx)",
    "comm NOT IN (bash,sh)",
    "(pid=1||comm=nginx)&&rss>1M",
    "  pid = 4711  ",
    "! ! pid=4711",
];

#[test]
fn each_form_holds_for_what_it_says() {
    for text in HOLD {
        assert!(holds(text), "{text}");
    }
}

/// They do not.
const HOLD_NOT: &[&str] = &[
    "pid=1",
    "pid!=4711",
    "pid>4711",
    "nice>=0",
    "rss>150M",
    "etime<1h",
    "stime<2026-11-18",
    "stime>2026-11-18",
    "stime>=2026-11-19",
    "stime!=2026-11-18",
    "stime=2026-11-17",
    "comm=ngin",
    "comm=ng",
    "comm='ng*'",
    "comm=?nginx",
    "comm~^inx",
    "comm!~ng",
    "groups=root",
    "groups!=docker",
    "groups!~dock",
    "ancestor=4711",
    "ancestor!=1",
    "capeff=SYS_ADMIN",
    "capeff=CHOWN,SYS_ADMIN",
    "capeff=none",
    "capeff=full",
    "capprm!=none",
    "rss<100MB",
    "etime>01:30:00",
    "stime>-1s",
    "!kthread",
    "nnp",
    "not kthread",
    "kthread=0",
    "uid=ruid",
    "user=ruser",
    "groups!=rgroup",
    "capeff=capprm",
    "pid=ppid",
    "user=0",
    "groups=28",
    "groups!=27",
    "comm in (bash,sh)",
    "comm not in (bash,nginx)",
    "state=zombie",
    "state=T",
    "state!=running",
    "container=3f2",
    "container=4f2a9c",
    "container='3f2a9c'",
    "container!=3f2a9c",
    "container!=web",
    "container=db",
    "container=we",
    "container not in (db,web)",
    "cname=3f2a9c1b2d4e",
    "tty=1",
    "tty=ttyS3",
    "remote=10.1.2.4",
    "remote!=10.1.2.3",
    "label in (x,y)",
    "label not in (x,y)",
    "label=exe",
    "uid=huid",
    "uid!=huid",
    // What is unknown is neither.
    "label=x",
    "label!=x",
    "label~.",
    "label!~.",
    "label<z",
    "label!=?",
    "comm=?",
    "pid=1 && comm=nginx || comm=apache",
    "pid=1 and (comm=nginx or comm=apache)",
];

#[test]
fn each_form_does_not_hold_for_another() {
    for text in HOLD_NOT {
        assert!(!holds(text), "{text}");
    }
}

/// What is wrong with them.
const WRONG: &[(&str, &str)] = &[
    ("", "column 1: expected a column, as in rss>100M"),
    (
        "pid",
        "column 4: expected one of = != < <= > >= ~ !~ after the column",
    ),
    (
        "pid=",
        "column 5: expected a value; one that is empty or has blanks goes in quotes",
    ),
    (
        "pid && comm=sh",
        "column 4: expected one of = != < <= > >= ~ !~ after the column",
    ),
    (
        "comm*x",
        "column 5: expected one of = != < <= > >= ~ !~ after the column",
    ),
    (
        "comm<>sleep",
        "column 6: comm: >sleep is no value: unequal is !=, and a text that begins so goes in quotes",
    ),
    (
        "bash",
        "column 1: \"bash\" is no column: type comm=bash for the processes of that name",
    ),
    (
        "uid=0 && !sshd",
        "column 11: \"sshd\" is no column: type comm=sshd for the processes of that name",
    ),
    (
        "4711",
        "column 1: \"4711\" is no column: type pid=4711 for the process of that number",
    ),
    (
        "/usr/bin/sh",
        "column 1: \"/usr/bin/sh\" is no column: type exe=/usr/bin/sh for the processes that run that program",
    ),
    (
        "comm in bash",
        "column 9: expected values in parentheses: comm in (bash,sh)",
    ),
    (
        "comm in ()",
        "column 10: expected a value; one that is empty or has blanks goes in quotes",
    ),
    (
        "comm in (a,)",
        "column 12: expected a value; one that is empty or has blanks goes in quotes",
    ),
    (
        "comm in (a b)",
        "column 12: expected a comma or a closing parenthesis",
    ),
    ("pid in (1,x)", "column 11: pid: x is not a number"),
    (
        "comm=bash,sh",
        "column 6: comm: bash,sh has a comma: comm in (bash,sh) for one of several, quotes for a text that has it",
    ),
    (
        "args=*a,b*",
        "column 6: args: *a,b* has a comma: args in (*a,b*) for one of several, quotes for a text that has it",
    ),
    (
        "comm~bash,sh",
        "column 6: comm: bash,sh has a comma: comm in (bash,sh) for one of several, quotes for a text that has it",
    ),
    (
        "port=80,443",
        "column 6: lports: 80,443 has a comma: port in (80,443) for one of several, quotes for a text that has it",
    ),
    (
        "user",
        "column 5: expected one of = != < <= > >= ~ !~ after the column",
    ),
    (
        "state=walking",
        "column 7: state: walking is none of R running, S sleeping, D uninterruptible, Z zombie, T stopped, t traced, I idle, X dead, x, K wakekill, W waking, P parked",
    ),
    (
        "state=wal*",
        "column 7: state: wal* is none of R running, S sleeping, D uninterruptible, Z zombie, T stopped, t traced, I idle, X dead, x, K wakekill, W waking, P parked",
    ),
    (
        "state~running",
        "column 7: state: running is none of R running, S sleeping, D uninterruptible, Z zombie, T stopped, t traced, I idle, X dead, x, K wakekill, W waking, P parked",
    ),
    (
        "seccomp='Filter2'",
        "column 9: seccomp: Filter2 is none of disabled, strict, filter",
    ),
    ("pid=0", "column 5: pid: it is never 0, but 1 to 2147483647"),
    (
        "uid=-1",
        "column 5: uid: it is never -1, but 0 to 4294967295",
    ),
    ("kthread=2", "column 9: kthread: it is never 2, but 0 to 1"),
    (
        "port!=70000",
        "column 7: lports: it is never 70000, but 0 to 65535",
    ),
    (
        "exe=nginx",
        "column 5: exe: nginx does not begin with a slash, as every path does: exe=*/nginx",
    ),
    (
        "pid=rss",
        "column 5: pid: rss is a column of another kind: resident memory: KiB in text, bytes in JSON",
    ),
    (
        "capeff<capprm",
        "column 8: capeff: capabilities have no order",
    ),
    ("capeff>@1", "column 8: capeff: capabilities have no order"),
    ("pid=@x", "column 5: pid: @x is not a number"),
    (
        "hgroups=4",
        "column 9: hgroups: 4 is the number of a group, and names are compared",
    ),
    ("é=1", "column 1: expected a column, as in rss>100M"),
    (
        "comm=é && pidd=1",
        "column 11: unknown descriptor \"pidd\" (did you mean \"pid\"?)",
    ),
    (
        "pid=1 pid=2",
        "column 7: expected && or || or the end here (text with blanks or &|() goes in quotes)",
    ),
    ("pid=1 &&", "column 9: expected a column, as in rss>100M"),
    ("(pid=1", "column 7: expected a closing parenthesis"),
    (
        "pid=1)",
        "column 6: expected && or || or the end here (text with blanks or &|() goes in quotes)",
    ),
    ("comm='a", "column 8: expected the closing quote"),
    ("comm=\"a", "column 8: expected the closing quote"),
    ("pid=one", "column 5: pid: one is not a number"),
    (
        "rss>100kX",
        "column 5: rss: 100kX is not a size: 4096, 4K, 100MB, 1.5GiB",
    ),
    (
        "rss>-1",
        "column 5: rss: -1 is not a size: 4096, 4K, 100MB, 1.5GiB",
    ),
    (
        "rss>99999999P",
        "column 5: rss: 99999999P is not a size: 4096, 4K, 100MB, 1.5GiB",
    ),
    (
        "etime>5x",
        "column 7: etime: 5x is not a duration: 90, 90s, 5m, 1h30m, 2d, 01:30:00",
    ),
    (
        "etime>1h30",
        "column 7: etime: 1h30 is not a duration: 90, 90s, 5m, 1h30m, 2d, 01:30:00",
    ),
    (
        "stime>today",
        "column 7: stime: today is not a time: 2026-11-20, 2026-11-20 22:05:00, or -1h for an hour ago",
    ),
    (
        "capeff=ROOT",
        "column 8: capeff: ROOT is not none, full or names of capabilities",
    ),
    (
        "capeff>none",
        "column 8: capeff: capabilities have no order",
    ),
    (
        "comm~'('",
        "column 6: comm: not a regular expression: unclosed group",
    ),
    ("tty>?", "column 5: tty: ? is only equal or unequal"),
];

#[test]
fn an_error_tells_the_column() {
    for (text, told) in WRONG {
        let error = parse(text).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.to_string(), format!("filter, {told}"), "{text}");
    }
}

#[test]
fn what_is_too_deep_or_too_large_is_refused() {
    let deep = |depth: usize| format!("{}pid=1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(90)).is_ok());
    assert!(parse(&deep(100_000)).is_err());
    assert!(parse(&"!".repeat(100_000)).is_err());
    assert!(parse("comm~'(((a{99}){99}){99}){99}'").is_err());
}

#[test]
fn a_name_of_more_bytes_than_the_kernel_keeps_is_compared_by_those() {
    let holds = |text: &str, comm: &str| parse(text).unwrap().holds(&[Value::text(comm)]);
    let cut = "averylongprogra";
    for text in [
        "comm=averylongprogramname",
        "comm='averylongprogramname'",
        "comm~averylongprogramname",
        "comm~^averylongprogramname",
        "comm=averylongprogram*",
        "comm in (x,averylongprogramname)",
    ] {
        assert!(holds(text, cut), "{text}");
        assert!(!holds(text, "averylongother0"), "{text}");
        // One of fewer bytes is whole, as is one of a kernel thread that has more.
        assert!(!holds(text, "averylongprogr"), "{text}");
    }
    assert!(!holds("comm!=averylongprogramname", cut));
    assert!(!holds("comm!~averylongprogramname", cut));
    assert!(holds("comm!=averylongprogramname", "averylongprogr"));
    let worker = "kworker/u8:0-events_unbound";
    assert!(holds(&format!("comm={worker}"), worker));
    assert!(!holds("comm=kworker/u8:0-events_other", worker));
}

#[test]
fn sockets_files_and_timers_have_words_of_their_own() {
    for (subject, text, name, value) in [
        (Subject::Sockets, "state=listening", "state", "LISTEN"),
        (Subject::Sockets, "state=estab", "state", "ESTABLISHED"),
        (Subject::Sockets, "STATE=time-wait", "state", "TIME_WAIT"),
        (Subject::Sockets, "remote=10.0.0.1", "remote", "10.0.0.1:80"),
        (Subject::Sockets, "remote=local", "remote", ""),
        (Subject::Files, "deleted", "deleted", "yes"),
        (Subject::Files, "!deleted", "deleted", "no"),
        (Subject::Files, "deleted=true", "deleted", "yes"),
        (Subject::Timers, "kind=POSIX", "kind", "posix"),
    ] {
        let filter = Filter::parse(text, |name| subject.find(name)).unwrap();
        assert!(filter.columns().iter().any(|column| column.name == name));
        let cells = vec![Value::text(value); filter.columns().len()];
        assert!(filter.holds(&cells), "{text}");
    }
    let error = Filter::parse("state=running", |name| Subject::Sockets.find(name)).unwrap_err();
    assert!(
        error.to_string().contains("is none of LISTEN, ESTABLISHED"),
        "{error}"
    );
}
