//! Why a cell is unknown, and a table as JSON, which loses neither that nor anything else.

use std::env;

use psgo::{Ended, ErrorKind, Missing, Pid, Pids, Query, Table, Value, View};
use serde_json::{Value as Json, json};

use super::{
    TIMEOUT,
    alone::{alone, another},
    container::{By, Container},
    stuck::Stuck,
    truth::pid_of,
};
use crate::machine::process::sleeping;

/// A number that no process has: more than the kernel gives out.
const NOBODY: u32 = 4_194_304;

/// The reason for which a cell of the only row is unknown.
#[track_caller]
fn reason(table: &Table, column: &str) -> Option<Missing> {
    let [row] = table.rows() else {
        panic!("{table:?}");
    };
    row.get(column).unwrap().missing()
}

#[track_caller]
fn json(table: &Table) -> Json {
    serde_json::to_value(table).unwrap()
}

#[test]
fn a_host_number_without_a_join_says_so() {
    let other = sleeping();
    let columns = ["pid", "hpid", "huser", "hgroups"];
    let table = psgo::process_info(Pids::Only(&[pid_of(other.pid())]), &columns).unwrap();
    for column in &columns[1..] {
        assert_eq!(reason(&table, column), Some(Missing::NotJoined), "{column}");
    }
    assert_eq!(reason(&table, "pid"), None);
    assert_eq!(
        json(&table)["rows"][0]["missing"],
        json!({ "1": "not-joined", "2": "not-joined", "3": "not-joined" })
    );
}

#[test]
fn a_file_that_is_denied_says_so() {
    crate::machine::must_be_root();
    let other = sleeping();
    let prefix = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    another(
        &prefix.map(str::to_owned),
        "hostile::missing::as_nobody",
        &[(TARGET, &other.pid().to_string())],
        &[],
    );
}

const TARGET: &str = "PSGO_TEST_TARGET";

#[test]
#[ignore = "run by a_file_that_is_denied_says_so, as nobody"]
fn as_nobody() {
    let pid = pid_of(env::var(TARGET).unwrap().parse().unwrap());
    let columns = ["comm", "fds", "label", "args"];
    let table = psgo::process_info(Pids::Only(&[pid]), &columns).unwrap();
    assert_eq!(reason(&table, "fds"), Some(Missing::Denied));
    for column in ["comm", "args"] {
        assert_eq!(reason(&table, column), None, "{column}");
    }
    assert_eq!(json(&table)["rows"][0]["missing"]["1"], "denied");
}

#[test]
fn a_command_line_that_does_not_answer_is_unknown_and_says_so() {
    alone(|| {
        let stuck = Stuck::new(1);
        let pid = pid_of(stuck.pids()[0]);
        let view = View::host().unwrap().timeout(TIMEOUT);
        let query = Query::new(["args", "comm"]).unwrap();
        let query = query.pids(Pids::Only(&[pid])).view(view);
        for _ in 0..2 {
            let table = query.table().unwrap();
            assert_eq!(reason(&table, "args"), Some(Missing::Silent));
            let json = json(&table);
            assert_eq!(json["rows"][0]["values"][0], json!(null));
            assert_eq!(json["rows"][0]["missing"]["0"], "timed-out");
            assert_eq!(json["silent"], json!([pid]));
            // None, where what read for the first has not quite ended.
            assert!(json["abandoned"].as_u64().unwrap() <= 1);
        }
    });
}

#[test]
fn a_serialised_table_loses_nothing() {
    alone(|| {
        let (honest, liar) = (Container::new(), Container::new());
        let _cover = liar.cover("/proc", By::Tmpfs);
        let joined = [honest.pid, liar.pid].map(|pid| View::join(pid_of(pid)).open().unwrap());
        let pids = [Pid::new(1), Pid::new(NOBODY)];
        // The same column twice is no error where rows are arrays.
        let query = Query::parse("pid=NUMBER,hpid,user,pid,args").unwrap();
        let mut table = query
            .pids(Pids::Only(&pids))
            .views(joined.to_vec())
            .table()
            .unwrap();
        let json = json(&table);
        let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        let all = [
            "abandoned",
            "columns",
            "containers",
            "ended",
            "partial",
            "rows",
            "silent",
            "skipped",
            "undecided",
            "unknown",
        ];
        assert_eq!(keys, all);
        let column = |name: &str, header: &str| json!({ "name": name, "header": header });
        assert_eq!(
            json["columns"],
            json!([
                column("pid", "NUMBER"),
                column("hpid", "HPID"),
                column("user", "USER"),
                column("pid", "PID"),
                column("args", "COMMAND"),
            ])
        );
        let rows = json["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        for ((row, found), pid) in rows.iter().zip(&table).zip([honest.pid, liar.pid]) {
            assert_eq!(found.via(), Some(pid_of(pid)));
            let args = found.get("args").and_then(Value::as_str);
            assert_eq!(
                row,
                &json!({
                    "pid": 1, "via": pid, "values": [1, pid, "captain", 1, args]
                })
            );
        }
        let skipped = |via: i32| {
            json!({
                "pid": NOBODY, "via": via, "named": true, "kind": ErrorKind::Gone.as_str(),
                "error": format!("process {NOBODY}: no such process")
            })
        };
        assert_eq!(
            json["skipped"],
            json!([skipped(honest.pid), skipped(liar.pid)])
        );
        let containers = json["containers"].as_array().unwrap();
        let [own, hosts] = &containers[..] else {
            panic!("{containers:?}");
        };
        assert_eq!(
            own,
            &json!({ "via": honest.pid, "proc": "a private /proc of its PID namespace" })
        );
        assert_eq!(hosts["via"], liar.pid);
        assert_eq!(hosts["proc"], own["proc"]);
        assert_eq!(
            (&json["abandoned"], &json["ended"]),
            (&json!(0), &json!("complete"))
        );
        assert_eq!(table.outcome().ended, Ended::Complete);

        // Rows alone are objects, where a name can be there only once.
        let error = serde_json::to_value(&table.rows()[0])
            .unwrap_err()
            .to_string();
        assert_eq!(error, "descriptor \"pid\" twice in one object");
        let query = Query::parse("pid,args").unwrap();
        table = query.pids(Pids::Only(&pids[..1])).table().unwrap();
        let row = serde_json::to_value(&table.rows()[0]).unwrap();
        let args = table.rows()[0].get("args").and_then(Value::as_str);
        assert_eq!(row, json!({ "pid": 1, "args": args }));
    });
}
