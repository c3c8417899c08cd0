//! Tables, laid out.

use super::*;

fn table(rows: &[&[&str]], layout: Layout) -> String {
    let mut out = Vec::new();
    let mut table = Table::new(rows[0].len(), Some(rows[0]), layout, &mut out);
    for row in &rows[1..] {
        let cell = |text: &&str| match (*text, text.parse()) {
            ("?", _) => Value::MISSING,
            (_, Ok(number)) => Value::Int(number),
            (text, Err(_)) => Value::text(text),
        };
        table
            .row(&row.iter().map(cell).collect::<Vec<_>>())
            .unwrap();
    }
    table.finish().unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(rows: &[&[&str]]) -> String {
    table(rows, Layout::default())
}

fn within(limit: usize, rows: &[&[&str]]) -> String {
    table(
        rows,
        Layout {
            limit: Some(limit),
            ..Layout::default()
        },
    )
}

#[test]
fn a_cell_longer_than_a_table_can_hold_is_cut_and_says_so() {
    let [longest, shorter] = LONGEST;
    let (whole, long) = ("x".repeat(longest), "ä".repeat(longest));
    let shown = plain(&[&["A"], &[&whole], &[&long]]);
    let cut = format!("{}...", &long[..longest]);
    assert_eq!(shown.lines().collect::<Vec<_>>(), ["A", &whole, &cut]);
    // Where there are very many such, there is less room for each. One like that above takes
    // none.
    let others = ["x", "y"].map(|letter| letter.repeat(longest));
    let many: Vec<_> = (0..LARGE / longest + 2)
        .map(|line| [others[line % 2].as_str()])
        .collect();
    let many: Vec<&[&str]> = many.iter().map(|row| &row[..]).collect();
    let shown = plain(&many);
    let (cut, whole): (Vec<_>, Vec<_>) = shown.lines().partition(|line| line.ends_with(MORE));
    assert_eq!(cut.len(), 1);
    assert_eq!(cut[0].len(), shorter + MORE.len());
    assert!(
        whole
            .iter()
            .all(|line| others.iter().any(|text| text == line))
    );
}

/// What Go 1.19's text/tabwriter prints for the same cells.
#[test]
fn the_layout_is_that_of_gos_tabwriter() {
    assert_eq!(
        plain(&[
            &["USER", "PID", "NI", "TTY", "COMMAND"],
            &["root", "1", "0", "?", "/sbin/init splash"],
            &["systemd-network", "4194304", "-20", "pts/0", ""]
        ]),
        "USER              PID       NI    TTY     COMMAND\n\
         root              1         0     ?       /sbin/init splash\n\
         systemd-network   4194304   -20   pts/0   \n"
    );
    // The minimal width includes the padding: 1 + 3 < 5, 2 + 3 = 5.
    assert_eq!(
        plain(&[&["A", "BB", "CCC", "", "E"], &["", "", "", "", ""]]),
        "A    BB   CCC        E\n                     \n"
    );
    assert_eq!(
        plain(&[&["PID", "EFFECTIVE CAPS"], &["1", "full"]]),
        "PID   EFFECTIVE CAPS\n1     full\n"
    );
    // Latin letters, where Go's count of characters is that of columns.
    assert_eq!(
        plain(&[&["WHO", "X"], &["ängström", "µ"], &["a", "b"]]),
        "WHO        X\nängström   µ\na          b\n"
    );
    assert_eq!(
        plain(&[&["PID"], &["1"], &["4194304"]]),
        "PID\n1\n4194304\n"
    );
}

#[test]
fn wide_and_combining_characters_count_as_they_show() {
    // Two columns each for Go counts one, and none for one that Go counts.
    assert_eq!(
        plain(&[&["WHO", "X"], &["日本語", "a"], &["e\u{301}e\u{301}", "b"]]),
        "WHO      X\n日本語   a\ne\u{301}e\u{301}       b\n"
    );
}

#[test]
fn no_cell_makes_a_line_of_its_own() {
    assert_eq!(
        plain(&[&["A\nB", "C"], &["a\nroot", "\x1b[31m"]]),
        "A\\nB      C\na\\nroot   \\x1b[31m\n"
    );
}

#[test]
fn only_the_last_column_is_cut() {
    let rows: &[&[&str]] = &[
        &["PID", "COMMAND"],
        &["4194304", "sleep 1000"],
        &["1", "init"],
    ];
    assert_eq!(
        within(15, rows),
        "PID       COMMA\n4194304   sleep\n1         init\n"
    );
    assert_eq!(within(20, rows), plain(rows));
    // No room: not even the blanks before it, which would break the line.
    assert_eq!(within(10, rows), "PID…\n4194304\n1\n");
    assert_eq!(within(3, rows), "PI…\n+\n1\n");
    assert_eq!(within(0, rows), "\n\n\n");
}

#[test]
fn where_the_last_column_has_no_room_the_widest_of_text_is_cut_and_says_so() {
    let rows: &[&[&str]] = &[
        &["COMMAND", "USER", "TTY"],
        &["sleep 1000", "root", "?"],
        &["日本語日本語", "a", "pts/0"],
    ];
    assert_eq!(
        within(22, rows),
        "COMMAND   USER   TTY\nsleep +   root   ?\n日本語+   a      pts/0\n"
    );
    assert_eq!(within(40, rows), plain(rows));
}

#[test]
fn a_number_is_shown_whole_or_not_at_all() {
    for (limit, text) in [
        (16, "COMMA+   PID\nsleep    4194304\n"),
        (14, "COM+   PID\nsle+   4194304\n"),
        (13, "COM+   PID\nsle+   +\n"),
        (8, "COM+   P\nsle+   +\n"),
        (7, "COM+…\nsle+\n"),
        (2, "C…\ns+\n"),
    ] {
        let layout = Layout {
            limit: Some(limit),
            ..Layout::default()
        };
        let mut out = Vec::new();
        let header = ["COMMAND", "PID"];
        let mut table = Table::new(2, Some(&header), layout, &mut out);
        let row = [Value::text("sleep"), Value::Int(4_194_304)];
        table.row(&row).unwrap();
        table.finish().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), text, "{limit}");
    }
}

/// With these widths; of a column without there is none.
fn shaped(widths: [Option<usize>; 3], is_right: bool, limit: Option<usize>) -> String {
    let shapes = widths.map(|width| Shape { width, is_right });
    let layout = Layout {
        limit,
        ..Layout::default()
    };
    let mut out = Vec::new();
    let header = ["USER", "PID", "COMMAND"];
    let mut table = Table::shaped(&shapes, Some(&header), layout, &mut out);
    for (user, pid, command) in [("systemd-network", 4_194_304, "sleep"), ("x", 1, "日本語")] {
        let row = [Value::text(user), Value::Int(pid), Value::text(command)];
        table.row(&row).unwrap();
    }
    table.finish().unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_column_is_as_wide_as_was_asked_for() {
    assert_eq!(
        shaped([Some(8), Some(2), Some(4)], false, None),
        "USER       PID       COM+\nsystemd+   4194304   sle+\nx          1         日+\n"
    );
    assert_eq!(
        shaped([Some(17), Some(9), None], false, None),
        "USER                PID         COMMAND\n\
         systemd-network     4194304     sleep\n\
         x                   1           日本語\n"
    );
    // What does not fit is not shown all the same.
    assert_eq!(
        shaped([Some(17), Some(9), Some(9)], false, Some(25)),
        "USER   PID       COMMAND\nsys+   4194304   sleep\nx      1         日本語\n"
    );
}

#[test]
fn columns_can_end_together() {
    assert_eq!(
        shaped([None; 3], true, None),
        "           USER       PID   COMMAND\n\
         systemd-network   4194304     sleep\n              x         1    日本語\n"
    );
    assert_eq!(
        shaped([Some(4), Some(9), None], true, Some(22)),
        "USER       PID   COMMA\nsys+   4194304   sleep\n   x         1    日本\n"
    );
}

#[test]
fn for_people_sizes_have_units() {
    let mut out = Vec::new();
    let mut table = Table::new(2, None, Layout::default(), &mut out).human(true);
    table.row(&[Value::Size(1 << 31), Value::Int(7)]).unwrap();
    table.finish().unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "2G   7\n");
}

#[test]
fn a_wide_character_is_not_cut_in_the_middle() {
    let rows: &[&[&str]] = &[&["X"], &["a日本語"], &["日本語"], &["e\u{301}日本"]];
    assert_eq!(within(4, rows), "X\na日\n日本\ne\u{301}日\n");
    for limit in 1..9 {
        assert!(
            within(limit, rows).lines().all(|line| width(line) <= limit),
            "{limit}"
        );
    }
}

#[test]
fn a_line_ends_at_the_limit_whatever_its_columns() {
    let rows: &[&[&str]] = &[
        &["PID", "COMMAND", "X"],
        &["4194304", "sleep 日本", "?"],
        &["1", "", "a"],
    ];
    for limit in 0..40 {
        for color in [false, true] {
            let layout = Layout {
                limit: Some(limit),
                color,
                ..Layout::default()
            };
            let shown = table(rows, layout);
            let shown = [BOLD, crate::ansi::FAINT, PLAIN]
                .iter()
                .fold(shown, |shown, code| shown.replace(code, ""));
            let mut lines = shown.lines();
            assert!(lines.all(|line| width(line) <= limit), "{limit}: {shown}");
        }
    }
    assert_eq!(
        within(18, rows),
        "PID       COM+   X\n4194304   sle+   ?\n1                a\n"
    );
    assert_eq!(within(6, rows), "PID…\n+\n1\n");
    assert_eq!(within(40, rows), plain(rows));
}

#[test]
fn a_table_is_as_wide_as_the_one_before_it() {
    let mut out = Vec::new();
    let mut table = Table::new(2, Some(&["A", "B"]), Layout::default(), &mut out);
    table.widen(&[5, 0]);
    assert_eq!(table.widths(), [5, 1]);
    table.finish().unwrap();
    assert_eq!(out, b"A       B\n");
}

#[test]
fn a_cell_like_the_one_above_is_kept_once() {
    let rows: &[&[&str]] = &[
        &["A", "B", "C"],
        &["A", "?", "x"],
        &["A", "?", "y"],
        &["b", "?", "y"],
        &["A", "0", "y"],
    ];
    assert_eq!(
        plain(rows),
        "A    B    C\nA    ?    x\nA    ?    y\nb    ?    y\nA    0    y\n"
    );
    let mut table = Table::new(1, None, Layout::default(), Vec::new());
    for _ in 0..1000 {
        table.row(&[Value::text("a name")]).unwrap();
    }
    assert_eq!(table.text, b"a name");
    // More cannot be counted, then it is kept again.
    for _ in 1000..70_000 {
        table.row(&[Value::text("a name")]).unwrap();
    }
    assert_eq!(table.text, b"a namea name");
    table.finish().unwrap();
    assert_eq!(table.out, b"a name\n".repeat(70_000));
}

#[test]
fn a_line_is_the_same_whatever_stands_above_it() {
    let cells = ["", "?", "a", "日本語", "a longer text", "e\u{301}", "-12"];
    let cell = |number: usize| match cells[number % cells.len()] {
        "?" => Value::MISSING,
        "-12" => Value::Int(-12),
        text => Value::text(text),
    };
    let row = |n: usize| {
        [
            cell(n / 3),
            cell(n / 7),
            cell(n * n / 5),
            cell(n / 4 + n / 9),
        ]
    };
    for layout in (0..48).map(|bits: usize| Layout {
        limit: [None, Some(0), Some(7), Some(20), Some(33), Some(100)][bits / 8],
        is_trimmed: bits & 2 > 0,
        color: bits & 4 > 0,
    }) {
        let mut all = Table::new(4, None, layout, Vec::new());
        for n in 0..200 {
            all.row(&row(n)).unwrap();
        }
        all.finish().unwrap();
        let mut each = Vec::new();
        for n in 0..200 {
            let mut alone = Table::new(4, None, layout, &mut each);
            alone.widen(&all.widths());
            alone.row(&row(n)).unwrap();
            alone.finish().unwrap();
        }
        assert_eq!(
            String::from_utf8(all.out),
            String::from_utf8(each),
            "{layout:?}"
        );
    }
}

#[test]
fn colours_take_no_room() {
    let rows: &[&[&str]] = &[&["TTY", "X"], &["?", "a"], &["pts/0", "?"]];
    let layout = Layout {
        limit: Some(9),
        color: true,
        ..Layout::default()
    };
    assert_eq!(
        table(rows, layout),
        "\x1b[1mTTY     X\x1b[0m\n\x1b[2m?\x1b[0m       a\npts/0   \x1b[2m?\x1b[0m\n"
    );
}

#[test]
fn without_a_header_rows_are_laid_out_by_themselves() {
    let mut out = Vec::new();
    let mut table = Table::new(
        2,
        None,
        Layout {
            color: true,
            ..Layout::default()
        },
        &mut out,
    );
    table.row(&[Value::Int(1), Value::text("a")]).unwrap();
    table.finish().unwrap();
    assert_eq!(out, b"1    a\n");
}

#[test]
fn the_header_says_that_columns_are_left_out() {
    let rows: &[&[&str]] = &[&["PID", "TTY", "COMMAND"], &["1", "2", "init"]];
    assert_eq!(within(9, rows), "PID   TT…\n1     2\n");
    assert!(within(9, rows).lines().all(|line| width(line) <= 9));
    assert_eq!(within(40, rows).lines().next(), Some("PID   TTY   COMMAND"));
}
