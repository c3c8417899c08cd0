//! What a filter does to a listing.

use super::Filter;
use crate::{ErrorKind, Pid, Query, descriptor::Subject};

#[test]
fn a_listing_holds_only_the_rows_that_are_wanted() {
    let id = std::process::id();
    let me = Some(Pid::new(id));
    let rows = |filter: &str| {
        let query = Query::new(["pid"]).unwrap().filter(filter).unwrap();
        let table = query.sort(&["-rss"]).unwrap().table().unwrap();
        assert!(table.rows().iter().all(|row| row.values().len() == 1));
        table.rows().iter().map(crate::Row::pid).collect::<Vec<_>>()
    };
    assert_eq!(rows(&format!("pid={id} && etime<1d && rss>1")), [me]);
    assert!(!rows(&format!("pid!={id}")).contains(&me));
}
/// Every word that a column of words shows is one that a filter takes.
#[test]
fn the_states_of_this_machines_processes_and_sockets_are_known() {
    for subject in [Subject::Processes, Subject::Sockets] {
        let table = Query::of(subject, ["state"]).unwrap().table().unwrap();
        for row in table.rows() {
            if row.values()[0].is_missing() {
                continue;
            }
            let text = format!("state={}", row.values()[0]);
            let filter = Filter::parse(&text, |name| subject.find(name)).unwrap();
            assert!(filter.holds(row.values()), "{text}");
        }
    }
}

#[test]
fn a_cell_of_another_process_is_compared_with() {
    let id = std::process::id();
    let count = |filter: &str| {
        let query = Query::new(["pid"]).unwrap().filter(filter).unwrap();
        query.table().map(|table| table.rows().len())
    };
    assert_eq!(count(&format!("pid=@{id}")).unwrap(), 1);
    assert_eq!(
        count(&format!("pid={id} && netns=@{id} && user=@{id}")).unwrap(),
        1
    );
    assert_eq!(count(&format!("pid={id} && netns!=@{id}")).unwrap(), 0);
    assert_eq!(count(&format!("pid in (@{id},@{id})")).unwrap(), 1);
    // No kernel gives that number.
    let error = count("pid=1 || netns=@2147483647").unwrap_err();
    assert_eq!(
        error.to_string(),
        "filter, column 16: there is no process 2147483647"
    );
    assert_eq!(error.kind(), ErrorKind::Gone);
    let error = count(&format!("hpid=@{id}")).unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains(&format!("hpid of process {id} is unknown")),
        "{told}"
    );
}

#[test]
fn a_user_or_group_that_nobody_is_is_an_error_of_the_listing() {
    for (filter, told) in [
        (
            "user=no-such-user",
            "filter, column 6: there is no user \"no-such-user\"",
        ),
        (
            "pid=1 || ruser!=no-such-user",
            "filter, column 17: there is no user \"no-such-user\"",
        ),
        (
            "group in (root,'no such')",
            "filter, column 16: there is no group \"no such\"",
        ),
    ] {
        let query = Query::new(["pid"]).unwrap().filter(filter).unwrap();
        let error = query.table().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.to_string(), told);
        let sorted = query.sort(&["pid"]).unwrap();
        assert_eq!(sorted.table().unwrap_err().to_string(), told);
        assert_eq!(
            sorted.on_this_thread().table().unwrap_err().to_string(),
            told
        );
    }
    // In a copy no number has a name.
    let copy = std::env::temp_dir().join(format!("psgo-names-of-copy-{}", std::process::id()));
    std::fs::create_dir_all(copy.join("7")).unwrap();
    std::fs::copy("/proc/self/stat", copy.join("7/stat")).unwrap();
    for (filter, told) in [
        (
            "user=root",
            "filter, column 6: a copy has no names of users: type the number of the user",
        ),
        (
            "group!=root",
            "a copy has no names of groups: type the number of the group",
        ),
    ] {
        let query = Query::new(["pid"]).unwrap().filter(filter).unwrap();
        let view = crate::View::at(&copy).unwrap();
        let error = query.view(view).table().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().ends_with(told), "{error}");
    }
    std::fs::remove_dir_all(copy).unwrap();
    // A user that exists, whether or not any process is its; a pattern.
    for filter in [
        "user=daemon",
        "user=no-such-user*",
        "user~no-such",
        "user=root",
    ] {
        let query = Query::new(["pid"]).unwrap().filter(filter).unwrap();
        query.table().unwrap();
    }
}

#[test]
fn each_of_several_filters_holds() {
    let id = std::process::id();
    let rows = |filters: [&str; 2]| {
        let query = Query::new(["pid"]).unwrap();
        let query = query
            .filter(filters[0])
            .unwrap()
            .filter(filters[1])
            .unwrap();
        query.sort(&["-rss"]).unwrap().table().unwrap().rows().len()
    };
    let own = format!("pid={id}");
    assert_eq!(rows([&own, "rss>1 && etime<1d"]), 1);
    assert_eq!(rows([&own, "rss<1"]), 0);
    assert_eq!(rows(["rss<1", &own]), 0);
}

#[test]
fn a_process_that_is_not_there_is_an_error_of_the_listing() {
    let own = std::process::id();
    for (filter, told) in [
        (
            "ancestor=2147483647".to_owned(),
            "filter, column 10: there is no process 2147483647",
        ),
        (
            format!("pid={own} && ancestor in (1,2147483647)"),
            "there is no process 2147483647",
        ),
    ] {
        let query = Query::new(["pid"]).unwrap().filter(&filter).unwrap();
        let error = query.table().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone);
        assert!(error.to_string().ends_with(told), "{error}");
    }
    // One that is there and is no descendant of its own, and one whose descendants are not listed.
    for filter in [
        format!("pid={own} && ancestor={own}"),
        "pid=1 && ancestor=1".to_owned(),
    ] {
        let query = Query::new(["pid"]).unwrap().filter(&filter).unwrap();
        assert_eq!(query.table().unwrap().rows().len(), 0, "{filter}");
    }
}
