//! Listings to lines: what is shown, where, in which order, and by which rule.

use super::*;
use crate::value::{Missing, Value};

/// A row for each line: pid, parent, user, state, then the command line; `K` for a kernel thread.
fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let words: Vec<_> = line.trim_start().splitn(5, ' ').collect();
        let number = |word: &str| word.parse::<u32>().unwrap();
        let values = vec![
            Value::Int(number(words[1]).into()),
            Value::text(words[2]),
            Value::text(words[3].replace('K', "S")),
            Value::Int((words[3] == "K").into()),
            Value::text(words[4]),
        ];
        Row::of(Pid::new(number(words[0])), None, values)
    };
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(row)
        .collect()
}

fn shown(listing: &str, rules: &Rules) -> String {
    let lines = tree(&rows(listing), rules).unwrap();
    let line = |line: &Line| format!("{line}\n");
    lines.iter().map(line).collect()
}

fn plain(listing: &str) -> String {
    shown(listing, &Rules::default())
}

fn rules(text: &str) -> Rules {
    Rules::parse("test", text).unwrap()
}

#[test]
fn children_are_below_their_parents_and_sorted() {
    let listing = "
        1 0 root S init
        10 1 root S b
        11 1 daemon S a
        12 1 bin S a
        13 10 root S z
        14 10 root S y z
        15 14 root Z [y] <defunct>
    ";
    assert_eq!(
        plain(listing),
        "\
root  {user=root}
  init  {user=root}
    a  {user=bin}
    a  {user=daemon}
    b  {user=root}
      y z  {user=root}
        [y] <defunct>  {user=root}
      z  {user=root}
"
    );
}

#[test]
fn equal_processes_are_sorted_by_what_is_below_them() {
    let listing = "
        1 0 root S init
        10 1 root S sh
        11 10 root S b
        12 10 root S b
        20 1 root S sh
        21 20 root S b
        22 20 root S a
        30 1 root S sh
        31 30 root S z
        40 1 root S sh
        41 40 root S a
        42 40 root S b
        43 42 root S c
    ";
    let expected = "\
root  {user=root}
  init  {user=root}
    sh  {user=root}
      z  {user=root}
    sh  {user=root}
      a  {user=root}
      b  {user=root}
    sh  {user=root}
      a  {user=root}
      b  {user=root}
        c  {user=root}
    sh  {user=root}
      b  {user=root}
      b  {user=root}
";
    assert_eq!(plain(listing), expected);
    // Whatever the order in which they come.
    let mut lines: Vec<_> = listing.lines().collect();
    lines.reverse();
    assert_eq!(plain(&lines.join("\n")), expected);
}

#[test]
fn what_is_not_shown_is_still_a_level() {
    let rules = rules("[[rule]]\nname='a'\nstart='a'\nignore='process'");
    let listing = "
        1 0 root S init
        2 1 root S a
        3 2 root S b
        4 3 root S a
    ";
    assert_eq!(
        shown(listing, &rules),
        "root  {user=root}\n  init  {user=root}\n      b  {user=root}\n"
    );
}

#[test]
fn a_process_whose_parent_is_not_there_is_below_the_first() {
    let listing = "
        1 0 root S init
        10 999 root S a
    ";
    assert_eq!(
        plain(listing),
        "root  {user=root}\n  init  {user=root}\n    a  {user=root}\n"
    );
    assert_eq!(
        plain("10 999 root S a"),
        "root  {user=root}\n  a  {user=root}\n"
    );
    assert_eq!(plain(""), "root  {user=root}\n");
}

#[test]
fn a_ring_of_parents_has_an_end() {
    let listing = "
        1 0 root S init
        10 12 root S a
        11 10 root S b
        12 11 root S c
        13 13 root S d
    ";
    let lines = plain(listing);
    for name in ["a", "b", "c", "d"] {
        let name = format!(" {name}  {{user=root}}\n");
        assert_eq!(lines.matches(&name).count(), 1, "{lines}");
    }
    assert!(plain("1 1 root S init").contains("  init"));
    assert!(plain("1 2 root S a\n2 1 root S b").contains(" b  {"));
}

#[test]
fn the_deepest_of_trees_is_no_trouble() {
    let line = |pid: u32| format!("{pid} {} root S sh\n", pid - 1);
    let listing: String = (1..=100_000).map(line).collect();
    let lines = tree(&rows(&listing), &Rules::builtin().unwrap()).unwrap();
    assert_eq!(lines.len(), 100_001);
    assert_eq!(lines.last().unwrap().level, 255);
}

#[test]
fn kernel_threads_are_left_out_by_their_flag() {
    let listing = "
        1 0 root S init
        2 0 root K [kthreadd]
        3 2 root K [kworker/0:0]
        4 2 root S /sbin/modprobe
        5 1 root S [kthreadd]
    ";
    assert_eq!(
        plain(listing),
        "\
root  {user=root}
    /sbin/modprobe  {user=root}
  init  {user=root}
    [kthreadd]  {user=root}
"
    );
}

#[test]
fn a_listing_of_other_columns_is_refused() {
    let values = vec![Value::Int(1); 5];
    let other = [Row::of(Pid::new(1), None, values)];
    let error = tree(&other, &Rules::default()).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Invalid);
    let two = [1, 2].map(|via| {
        Row::of(
            Pid::new(1),
            Some(Pid::new(via)),
            rows("1 0 a S b")[0].values().to_vec(),
        )
    });
    assert!(tree(&two, &Rules::default()).is_err());
    let short = [Row::of(Pid::new(1), None, Vec::new())];
    assert!(tree(&short, &Rules::default()).is_err());
}

#[test]
fn what_is_not_known_is_a_question_mark() {
    let row = Row::of(Pid::new(7), None, vec![Value::MISSING; 5]);
    let lines = tree(&[row], &Rules::default()).unwrap();
    assert_eq!(lines[1].to_string(), "  \\?  {user=?}");
}

const FAMILY: &str = "
    1 0 root S init
    10 1 root S /usr/sbin/a -x
    11 10 www S worker
    12 10 www S worker
    13 12 www S cat
    20 1 root S worker
    21 20 root S cat
";

#[test]
fn a_rule_hides_a_process_or_what_is_below_it_or_both() {
    let names = |scope: &str| {
        let text = format!("[[rule]]\nname='a'\nstart='/usr/sbin/a '\nignore='{scope}'");
        let lines = tree(&rows(FAMILY), &rules(&text)).unwrap();
        let name = |line: &Line| line.cmdline.to_string();
        lines.iter().skip(2).map(name).collect::<Vec<_>>().join(",")
    };
    assert_eq!(names("process"), "worker,worker,cat,worker,cat");
    assert_eq!(names("tree"), "worker,cat");
    assert_eq!(names("below"), "/usr/sbin/a -x,worker,cat");
    assert_eq!(
        names("nothing"),
        "/usr/sbin/a -x,worker,worker,cat,worker,cat"
    );
}

#[test]
fn equal_children_of_one_parent_count_as_one() {
    let once = rules("[[rule]]\nname='w'\nwhole='worker'\nonce=true");
    assert_eq!(
        shown(FAMILY, &once),
        "\
root  {user=root}
  init  {user=root}
    /usr/sbin/a -x  {user=root}
      worker  {user=www}
        cat  {user=www}
    worker  {user=root}
      cat  {user=root}
"
    );
}

#[test]
fn children_of_different_users_are_not_equal() {
    let once = rules("[[rule]]\nname='w'\nstart='w'\nonce=true");
    let listing = "
        1 0 root S init
        2 1 root S w
        3 1 www S w
        4 1 www S w
        5 1 www S w x
    ";
    assert_eq!(
        shown(listing, &once),
        "\
root  {user=root}
  init  {user=root}
    w  {user=root}
    w  {user=www}
    w x  {user=www}
"
    );
}

#[test]
fn the_first_rule_that_matches_decides() {
    let local = "
        [[rule]]
        name = 'no adjusting'
        start = 'worker'
        adjust = { first-word = true }
        [[rule]]
        name = 'show'
        whole = 'cat'
        ancestor = { start = '/usr/sbin/a' }
        ignore = 'nothing'
    ";
    let later = "
        [[rule]]
        name = 'rename'
        start = 'worker'
        adjust = { replace = { regex = '.*', with = 'renamed' } }
        [[rule]]
        name = 'hide'
        regex = '^c.t$'
        ignore = 'process'
    ";
    let all = rules(local).then(rules(later));
    let lines = shown(FAMILY, &all);
    assert_eq!(lines.matches("cat").count(), 1, "{lines}");
    assert_eq!(lines.matches("worker").count(), 3, "{lines}");
    let other_way = rules(later).then(rules(local));
    let lines = shown(FAMILY, &other_way);
    assert_eq!(
        (
            lines.matches("cat").count(),
            lines.matches("renamed").count()
        ),
        (0, 3)
    );
}

#[test]
fn a_rule_that_hides_sees_the_adjusted_command_line() {
    let both = rules(
        "
        [[rule]]
        name = 'adjust'
        start = 'worker'
        ancestor = { start = '/usr/sbin/a -x' }
        adjust = { replace = { regex = '^', with = 'a-' } }
        [[rule]]
        name = 'a'
        start = '/usr/sbin/a -x'
        adjust = { first-word = true }
        [[rule]]
        name = 'hide'
        start = ['a-worker', '/usr/sbin/a -x']
        ignore = 'tree'
    ",
    );
    assert_eq!(
        shown(FAMILY, &both),
        "\
root  {user=root}
  init  {user=root}
    /usr/sbin/a  {user=root}
    worker  {user=root}
      cat  {user=root}
"
    );
}

#[test]
fn a_rule_may_be_about_the_host_or_about_containers() {
    let both = rules(
        "
        [[rule]]
        name = 'host'
        pid = 1
        host = true
        adjust = { replace = { regex = '.*', with = 'HOST' } }
        [[rule]]
        name = 'container'
        pid = 1
        host = false
        adjust = { replace = { regex = '.*', with = 'CONTAINER' } }
    ",
    );
    assert!(shown(FAMILY, &both).contains("  HOST  {"));
    let joined: Vec<_> = rows(FAMILY)
        .iter()
        .map(|row| {
            Row::of(
                row.pid().unwrap(),
                Some(Pid::new(5572)),
                row.values().to_vec(),
            )
        })
        .collect();
    let lines = tree(&joined, &both).unwrap();
    assert_eq!(lines[1].to_string(), "  CONTAINER  {user=root}");
}

#[test]
fn each_process_can_be_explained() {
    let listing = "
        1 0 root S /sbin/init splash
        2 0 root K [kthreadd]
        10 1 root S CRON -f
        11 10 bob S sh -c true
        20 1 root S /usr/sbin/sshd -D
        21 20 root S /usr/sbin/sshd -R
        30 1 root S php-fpm: master
        31 30 www S php-fpm: pool
        32 30 www S php-fpm: pool
        40 1 root S sleep
    ";
    let (rows, rules) = (rows(listing), Rules::builtin().unwrap());
    let told = |pid| {
        let it = explain(&rows, &rules, Pid::new(pid)).unwrap().unwrap();
        let adjusted = it.adjusted.map_or("", Rule::name);
        let reason = match it.reason {
            Reason::NoRule => "none".to_owned(),
            Reason::KernelThread => "kernel".to_owned(),
            Reason::Shown(rule) => format!("shown by {}", rule.name()),
            Reason::Unknown => "unknown".to_owned(),
            Reason::Hidden { rule, matched } => format!("hidden by {} at {matched}", rule.name()),
        };
        format!("{adjusted} {reason}").trim_start().to_owned()
    };
    assert_eq!(told(1), "init none");
    assert_eq!(told(2), "kernel");
    assert_eq!(told(10), "hidden by cron at 10");
    assert_eq!(told(11), "hidden by cron at 10");
    assert_eq!(told(20), "none");
    assert_eq!(told(21), "hidden by ssh at 20");
    assert_eq!(told(31), "shown by web-workers");
    assert_eq!(told(32), "hidden by web-workers at 32");
    assert_eq!(told(40), "none");
    let init = explain(&rows, &rules, Pid::new(1)).unwrap().unwrap();
    assert_eq!(init.cmdline.as_bytes(), b"/sbin/init splash");
    assert_eq!(init.line.to_string(), "  INIT  {user=root}");
    assert!(explain(&rows, &rules, Pid::new(99)).unwrap().is_none());
    // The root of the tree is no process.
    assert!(explain(&rows, &rules, Pid::new(0)).unwrap().is_none());
}

/// The same rows, of which these do not tell these columns.
fn without(listing: &str, missing: &[(u32, usize, Missing)]) -> Vec<Row> {
    let lacks = |row: Row| {
        let pid = row.pid().unwrap();
        let mut values = row.values().to_vec();
        for (_, column, reason) in missing.iter().filter(|of| Pid::new(of.0) == pid) {
            values[*column] = Value::Missing(*reason);
        }
        Row::of(pid, None, values)
    };
    rows(listing).into_iter().map(lacks).collect()
}

const PPID: usize = 0;
const OWNER: usize = 1;
const STATE: usize = 2;
const ARGS: usize = 4;

#[test]
fn what_could_not_be_read_is_unknown_and_nothing_else() {
    let listing = "
        1 0 root S init
        2 1 root S a
        3 1 root S b
        4 1 root S c
        5 1 root S d
        6 1 root S e
        7 1 root S f
    ";
    let rows = without(
        listing,
        &[
            (2, ARGS, Missing::Silent),
            (3, STATE, Missing::Denied),
            (4, OWNER, Missing::Malformed),
            (5, ARGS, Missing::None),
            // Nobody of that container, and a parent outside of it.
            (6, OWNER, Missing::None),
            (6, PPID, Missing::None),
        ],
    );
    let lines = tree(&rows, &Rules::default()).unwrap();
    let unknown: Vec<_> = lines
        .iter()
        .filter_map(|line| line.unknown)
        .map(|unknown| (unknown.pid.get(), unknown.reason))
        .collect();
    assert_eq!(
        unknown,
        [
            (4, Missing::Malformed),
            (2, Missing::Silent),
            (3, Missing::Denied),
            (5, Missing::None)
        ]
    );
    let text: Vec<_> = lines.iter().map(Line::to_string).collect();
    assert_eq!(
        text,
        [
            "root  {user=root}",
            "  e  {user=?}",
            "  init  {user=root}",
            "    \\?  {user=?}",
            "    \\?  {user=root}",
            "    \\?  {user=root}",
            "    \\?  {user=root}",
            "    f  {user=root}",
        ]
    );
}

#[test]
fn an_unknown_process_is_neither_missing_nor_extra() {
    let listing = "
        1 0 root S init
        2 1 root S a
        3 1 root S b
    ";
    let saved = tree(&rows(listing), &Rules::default()).unwrap();
    let silent = without(listing, &[(3, ARGS, Missing::Silent)]);
    let now = tree(&silent, &Rules::default()).unwrap();
    let told: Vec<_> = diff(&saved, &now)
        .iter()
        .map(|change| format!("{} {}", change.sign(), change.line()))
        .collect();
    assert_eq!(told, ["?     \\?  {user=root}", "-     b  {user=root}"]);
    // Not even the same as itself.
    let signs: Vec<_> = diff(&now, &now).iter().map(Change::sign).collect();
    assert_eq!(signs, ['?', '?']);
}

#[test]
fn no_rule_about_a_command_line_is_about_an_unknown_one() {
    let listing = "
        1 0 root S init
        2 1 root S a
        3 2 alice S b
        4 3 root S c
    ";
    let told = |text: &str, silent: &[u32]| {
        let missing: Vec<_> = silent
            .iter()
            .map(|pid| (*pid, ARGS, Missing::Silent))
            .collect();
        let lines = tree(&without(listing, &missing), &rules(text)).unwrap();
        let line = |line: &Line| {
            line.to_string()
                .trim()
                .split("  ")
                .next()
                .unwrap()
                .to_owned()
        };
        lines.iter().skip(1).map(line).collect::<Vec<_>>()
    };
    let hides = |condition: &str| format!("[[rule]]\nname='r'\n{condition}\nignore='process'\n");
    let shows = |condition: &str| format!("[[rule]]\nname='s'\n{condition}\nignore='nothing'\n");
    let silent = ["init", "a", "\\?", "c"];
    for condition in ["start=''", "regex='.?'"] {
        assert_eq!(told(&hides(condition), &[3]), ["\\?"]);
    }
    let adjust = "[[rule]]\nname='r'\nregex=''\nadjust={replace={regex='^',with='x'}}";
    assert_eq!(told(adjust, &[3]), ["xinit", "xa", "\\?", "xc"]);
    let once = "[[rule]]\nname='r'\nuser='alice'\nonce=true";
    assert_eq!(told(once, &[3]), silent);
    // What is hidden whatever its command line is stays so.
    for condition in [
        "user='alice'",
        "pid=3",
        "ancestor={start='a'}\nuser='alice'",
    ] {
        assert_eq!(told(&hides(condition), &[3]), ["init", "a", "c"]);
    }
    let tree = "[[rule]]\nname='r'\nstart='a'\nignore='tree'";
    assert_eq!(told(tree, &[3]), ["init"]);
    // But not if a rule before that may show it.
    let alice = hides("user='alice'");
    for condition in ["start='b'", "regex='x'", "start='b'\nancestor={start='a'}"] {
        assert_eq!(told(&(shows(condition) + &alice), &[3]), silent);
    }
    for condition in ["start='b'\nuser='root'", "start='b'\nancestor={start='x'}"] {
        assert_eq!(told(&(shows(condition) + &alice), &[3]), ["init", "a", "c"]);
    }
    // Nor if that is about one above it.
    let below = shows("start='b'\nancestor={start='x'}") + &alice;
    assert_eq!(told(&below, &[2]), ["init", "\\?", "b", "c"]);
}

#[test]
fn rules_see_a_long_command_line_cut() {
    let long = format!("a {} -tail", "x".repeat(5000));
    let listing =
        format!("1 0 root S init\n2 1 root S {long}\n3 1 root S {long}\n4 1 root S {long}s");
    let lines = tree(&rows(&listing), &Rules::default()).unwrap();
    assert!(
        lines
            .iter()
            .all(|line| line.cmdline.as_bytes().len() < MOST + 120)
    );
    assert_eq!(lines[2], lines[3]);
    assert_ne!(lines[3], lines[4]);
    let seen = |condition: &str| {
        let rules = rules(&format!(
            "[[rule]]\nname='r'\n{condition}\nignore='process'"
        ));
        tree(&rows(&listing), &rules).unwrap().len()
    };
    assert_eq!(seen("start='a x'"), 2);
    assert_eq!(seen("regex='-tail'"), 5);
    assert_eq!(
        seen("regex=' \\[cut: 5008 bytes, sha256 [0-9a-f]{64}]$'"),
        3
    );
    // By hand, and from an older list, it is the same.
    let mut tree = lines[..2].to_vec();
    add(&mut tree, long.as_bytes(), b"root");
    assert_eq!(tree[2], lines[2]);
    assert_eq!(Line::new(2, long.as_bytes(), b"root").shortened(), lines[2]);
    assert_eq!(remove(&mut tree, long.as_bytes(), b"root"), 1);
}
