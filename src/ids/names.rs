//! The tables of names in passwd and group files.

use super::id::{Gid, Uid, parse_id};
use crate::value::Text;

/// The longest name that a line may give, in bytes: Linux has `LOGIN_NAME_MAX` 256, with the zero
/// at the end. A file of a container may hold anything, and its names come back in every row.
const LONGEST_NAME: usize = 255;

macro_rules! names {
    ($(#[$meta:meta])* $table:ident: $id:ident, $ids:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $table(Names);

        impl $table {
            /// The names in the bytes of such a file, whoever wrote it.
            ///
            /// It skips blank lines, lines beginning with `#`, `+` or `-`, lines without a name or
            /// with one over 255 bytes, and lines with too few fields or with an id that is not a
            /// decimal number of 32 bits; blanks before a line are no part of it. The first line
            /// of an id is the one that counts. Names are bytes: what a terminal would take as a
            /// command stays in the name, and is escaped where it is shown.
            #[must_use]
            pub fn parse(bytes: &[u8]) -> Self {
                Self(Names::parse(bytes, $ids))
            }

            /// The name of `id`; `None` if the file has none.
            #[must_use]
            pub fn name(&self, id: $id) -> Option<Text> {
                self.0.name(id.get())
            }

            /// Whether an id has this name.
            #[must_use]
            pub fn has(&self, name: &[u8]) -> bool {
                let lines = &self.0.lines;
                lines.iter().any(|line| self.0.bytes(*line) == name)
            }

            /// How many ids have a name.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.lines.len()
            }

            /// Whether no id has a name.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.lines.is_empty()
            }
        }

        /// From names known otherwise; the first one of an id counts.
        impl FromIterator<($id, Text)> for $table {
            fn from_iter<I: IntoIterator<Item = ($id, Text)>>(names: I) -> Self {
                let mut table = Names::default();
                for (id, name) in names {
                    table.push(id.get(), name.as_bytes());
                }
                Self(table.sorted())
            }
        }
    };
}

names! {
    /// The names of users in a passwd file: `name:password:uid:gid:…`.
    ///
    /// ```
    /// use psgo::{Text, Uid, ids::UserNames};
    ///
    /// let users = UserNames::parse(b"# local users\nroot:x:0:0:root:/root:/bin/sh\n");
    /// assert_eq!(users.name(Uid::new(0)), Some(Text::word("root")));
    /// assert_eq!(users.name(Uid::new(1000)), None);
    /// ```
    UserNames: Uid, 2
}
names! {
    /// The names of groups in a group file: `name:password:gid:…`.
    ///
    /// ```
    /// use psgo::{Gid, Text, ids::GroupNames};
    ///
    /// let groups = GroupNames::parse(b"root:x:0:\nadm:x:4:syslog\n");
    /// assert_eq!(groups.name(Gid::new(4)), Some(Text::word("adm")));
    /// ```
    GroupNames: Gid, 1
}

/// Names by id, each id once. Sorted, and no hash table: it is smaller, and nobody can choose ids
/// that make it slow. A file of a container can have some hundred thousand names, so each costs
/// little more than its bytes.
#[derive(Debug, Clone, Default)]
struct Names {
    /// The names end to end.
    text: Vec<u8>,
    /// Of each id, where its name is.
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    id: u32,
    start: u32,
    len: u32,
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        let all = |names: &Self| names.lines.len();
        let mut pairs = self.lines.iter().zip(&other.lines);
        all(self) == all(other)
            && pairs.all(|(a, b)| a.id == b.id && self.bytes(*a) == other.bytes(*b))
    }
}

impl Eq for Names {}

impl Names {
    fn push(&mut self, id: u32, name: &[u8]) {
        // No file of names is longer than this.
        if let (Ok(start), Ok(len)) = (self.text.len().try_into(), name.len().try_into()) {
            self.text.extend_from_slice(name);
            self.lines.push(Line { id, start, len });
        }
    }

    fn sorted(mut self) -> Self {
        // A stable sort leaves the first line of an id first.
        self.lines.sort_by_key(|line| line.id);
        self.lines.dedup_by_key(|line| line.id);
        self.lines.shrink_to_fit();
        self.text.shrink_to_fit();
        self
    }

    fn bytes(&self, line: Line) -> &[u8] {
        let rest = self.text.get(line.start as usize..).unwrap_or_default();
        rest.get(..line.len as usize).unwrap_or_default()
    }

    /// The first field and the third of each line, where `ids` fields from the third on are
    /// ids: a line that is wrong in one of them is not to be believed in the other.
    fn parse(bytes: &[u8], ids: usize) -> Self {
        fn entry(line: &[u8], ids: usize) -> Option<(u32, &[u8])> {
            // Lazy: members, which can be very many, are not looked at.
            let mut fields = line.trim_ascii_start().split(|&b| b == b':');
            let name = fields.next()?;
            let is_name = !matches!(name.first(), None | Some(b'#' | b'+' | b'-'));
            if !is_name || name.len() > LONGEST_NAME {
                return None;
            }
            let _password = fields.next()?;
            let id = parse_id(fields.next()?)?;
            for _ in 1..ids {
                parse_id(fields.next()?)?;
            }
            Some((id, name))
        }
        let mut table = Self::default();
        for line in bytes.split(|&b| b == b'\n') {
            if let Some((id, name)) = entry(line, ids) {
                table.push(id, name);
            }
        }
        table.sorted()
    }

    fn name(&self, id: u32) -> Option<Text> {
        let place = self.lines.binary_search_by_key(&id, |line| line.id).ok()?;
        let line = self.lines.get(place)?;
        Some(Text::from(self.bytes(*line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = include_bytes!("../../tests/fixtures/etc/passwd");
    const GROUP: &[u8] = include_bytes!("../../tests/fixtures/etc/group");

    fn user(file: &[u8], id: u32) -> Option<String> {
        let name = UserNames::parse(file).name(Uid::new(id))?;
        Some(name.to_string())
    }

    fn group(file: &[u8], id: u32) -> Option<String> {
        let name = GroupNames::parse(file).name(Gid::new(id))?;
        Some(name.to_string())
    }

    #[test]
    fn the_files_of_a_fresh_debian_name_its_ids() {
        let users = UserNames::parse(PASSWD);
        assert_eq!(users.len(), PASSWD.split(|&b| b == b'\n').count() - 1);
        assert_eq!(user(PASSWD, 0).as_deref(), Some("root"));
        assert_eq!(user(PASSWD, 33).as_deref(), Some("www-data"));
        assert_eq!(user(PASSWD, 65534).as_deref(), Some("nobody"));
        assert_eq!(user(PASSWD, 60), None);
        let groups = GroupNames::parse(GROUP);
        assert_eq!(groups.len(), GROUP.split(|&b| b == b'\n').count() - 1);
        assert_eq!(group(GROUP, 5).as_deref(), Some("tty"));
        assert_eq!(group(GROUP, 60).as_deref(), Some("games"));
        assert_eq!(group(GROUP, 65534).as_deref(), Some("nogroup"));
    }

    #[test]
    fn a_comment_is_not_uid_0() {
        assert_eq!(
            user(b"# managed by tool\nroot:x:0:0::/:/bin/sh\n", 0).unwrap(),
            "root"
        );
        assert_eq!(user(b"#root:x:0:0::/:\n \t#root:x:0:0::/:\n", 0), None);
        assert_eq!(group(b"#root:x:0:\n", 0), None);
    }

    #[test]
    fn a_line_without_a_proper_id_names_nobody() {
        for id in [
            "",
            "0x0",
            "-0",
            "+0",
            " 0",
            "0 ",
            "notanumber",
            "4294967296",
            "\u{660}",
        ] {
            assert!(
                UserNames::parse(format!("x:y:{id}:0::/:\n").as_bytes()).is_empty(),
                "{id}"
            );
            assert!(
                UserNames::parse(format!("x:y:0:{id}::/:\n").as_bytes()).is_empty(),
                "{id}"
            );
            assert!(
                GroupNames::parse(format!("x:y:{id}:\n").as_bytes()).is_empty(),
                "{id}"
            );
        }
        assert_eq!(user(b"x:y:0004294967295:0", u32::MAX).unwrap(), "x");
    }

    #[test]
    fn a_line_with_too_few_fields_names_nobody() {
        for line in [
            "",
            "\n\n",
            "root",
            "root:x",
            "root:x:0",
            ":",
            "::::::",
            ":x:0:0:::",
        ] {
            assert!(UserNames::parse(line.as_bytes()).is_empty(), "{line}");
        }
        assert!(GroupNames::parse(b"root:x\n:x:0:\n").is_empty());
        assert_eq!(user(b"root:x:0:0", 0).unwrap(), "root");
        assert_eq!(group(b"root:x:0", 0).unwrap(), "root");
    }

    #[test]
    fn lines_for_the_name_service_name_nobody() {
        for line in [
            "+:x:0:0:::",
            "+root:x:0:0:::",
            "-root:x:0:0:::",
            "+@admins:x:0:0:::",
        ] {
            assert!(UserNames::parse(line.as_bytes()).is_empty(), "{line}");
            assert!(GroupNames::parse(line.as_bytes()).is_empty(), "{line}");
        }
    }

    #[test]
    fn the_first_line_of_an_id_counts() {
        let file = b"b:x:2:0:::\nroot:x:0:0:::\na:x:1:0:::\ntoor:x:0:0:::\naaa:x:0:0:::\n";
        assert_eq!(user(file, 0).unwrap(), "root");
        assert_eq!(UserNames::parse(file).len(), 3);
        let known = [
            (Gid::new(1), Text::word("one")),
            (Gid::new(1), Text::word("eins")),
        ];
        let known = known.into_iter().collect::<GroupNames>();
        assert_eq!(known.name(Gid::new(1)), Some(Text::word("one")));
    }

    #[test]
    fn a_name_is_bytes_and_is_escaped_where_it_is_shown() {
        let file = b"a\x1b[31m\xff\0b\r:x:7:7:::\n";
        let name = UserNames::parse(file).name(Uid::new(7)).unwrap();
        assert_eq!(name.as_bytes(), b"a\x1b[31m\xff\0b\r");
        assert_eq!(name.to_string(), "a\\x1b[31m\\xff\\x00b\\r");
    }

    #[test]
    fn a_name_longer_than_a_kernel_would_have_it_is_none() {
        let longest = "a".repeat(255);
        assert_eq!(
            user(format!("{longest}:x:0:0:::").as_bytes(), 0).unwrap(),
            longest
        );
        assert_eq!(
            user(format!("{longest}a:x:0:0:::\nb:x:0:0:::").as_bytes(), 0).unwrap(),
            "b"
        );
        assert!(UserNames::parse(&vec![b':'; 1 << 20]).is_empty());
        let members = format!("wheel:x:10:{}\n", "someone,".repeat(100_000));
        assert_eq!(group(members.as_bytes(), 10).unwrap(), "wheel");
    }
}
