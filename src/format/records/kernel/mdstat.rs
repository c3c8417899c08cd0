//! `/proc/mdstat`: disks that are made of several.

use crate::{
    bytes,
    format::{Cursor, Field, Maybe, NumberOrText, ParseError, Spec, Words, record},
    value::{Fields, Value},
};

record! {
    /// Disks that are made of several, and how they are.
    ///
    /// `/proc/mdstat` (`md_seq_show`), where the kernel has the md driver.
    pub struct Mdstat: "mdstat" {
        /// The kinds that the kernel knows, in brackets: `[raid1]`.
        personalities: Words = "Personalities :%r\n",
        /// How many sectors are read ahead. Up to 2.4.
        read_ahead: Maybe<Vec<u8>> = "{read_ahead %s\n}",
        /// The disks.
        arrays: Vec<MdArray> = "%r{}unused devices:",
        /// Devices that are in none; `<none>` if there is none.
        unused: Words = "%r\n",
    }
}

record! {
    /// A disk that is made of several.
    pub struct MdArray {
        /// Its name.
        name: Vec<u8> = "%s : ",
        /// What it is made of.
        assembly: Assembly = "%r\n",
        /// How it is.
        status: MdStatus = "%r",
    }
}

/// What a disk is made of: `active raid1 sdb1[1](F) sda1[0]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assembly {
    /// `active` or `inactive`.
    pub state: Vec<u8>,
    /// `read-only` or `auto-read-only`, if it is one of these.
    pub read_only: Option<Vec<u8>>,
    /// Its kind, if it is active: `raid1`.
    pub level: Option<Vec<u8>>,
    /// The devices in it.
    pub members: Vec<Member>,
}

/// A device that is part of a disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// Its name.
    pub name: Vec<u8>,
    /// Its number in the disk.
    pub number: i32,
    /// What it is: F faulty, J journal, R replacement, S spare, W mostly written.
    pub flags: Vec<u8>,
}

impl Member {
    /// `sdb1[1](W)(F)`.
    fn new(text: &[u8]) -> Option<Self> {
        let (name, rest) = bytes::rsplit_once(text, b'[')?;
        let (number, mut rest) = bytes::split_once(rest, b']')?;
        let mut flags = Vec::new();
        while let [b'(', flag, b')', more @ ..] = rest {
            flags.push(*flag);
            rest = more;
        }
        (rest.is_empty() && !name.is_empty()).then_some(Self {
            name: name.to_vec(),
            number: bytes::decimal(number)?,
            flags,
        })
    }

    fn fields(&self) -> Fields {
        let flags = self.flags.iter().map(|&flag| Value::text([flag]));
        [
            ("name", Value::text(&self.name)),
            ("number", Value::Int(self.number.into())),
            ("flags", Value::List(flags.collect())),
        ]
        .into_iter()
        .collect()
    }
}

impl Field for Assembly {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        const REASON: &str = "not a device and its number";
        let mut words = cursor.take_line().split(|&b| b == b' ').peekable();
        let in_parentheses = |word: &&[u8]| word.starts_with(b"(") && word.ends_with(b")");
        let mut assembly = Self {
            state: words.next().unwrap_or_default().to_vec(),
            ..Self::default()
        };
        if let Some(word) = words.next_if(in_parentheses) {
            let inner = word
                .strip_prefix(b"(")
                .and_then(|word| word.strip_suffix(b")"));
            assembly.read_only = Some(inner.unwrap_or_default().to_vec());
        }
        if let Some(level) = words.next_if(|word| !word.contains(&b'[')) {
            assembly.level = Some(level.to_vec());
        }
        for word in words {
            assembly
                .members
                .push(Member::new(word).ok_or_else(|| cursor.error(spec.field, REASON))?);
        }
        // A level in parentheses would be read as something else.
        if assembly.read_only.is_none()
            && assembly
                .level
                .as_deref()
                .is_some_and(|l| in_parentheses(&l))
        {
            return Err(cursor.error(spec.field, REASON));
        }
        Ok(assembly)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.state);
        if let Some(read_only) = &self.read_only {
            out.extend_from_slice(b" (");
            out.extend_from_slice(read_only);
            out.push(b')');
        }
        if let Some(level) = &self.level {
            out.push(b' ');
            out.extend_from_slice(level);
        }
        for member in &self.members {
            out.push(b' ');
            out.extend_from_slice(&member.name);
            out.push(b'[');
            bytes::push_decimal(member.number.into(), out);
            out.push(b']');
            for &flag in &member.flags {
                out.extend_from_slice(&[b'(', flag, b')']);
            }
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        let text = |text: &Option<Vec<u8>>| text.as_ref().map_or(Value::MISSING, Value::text);
        fields.push("state", Value::text(&self.state));
        fields.push("read_only", text(&self.read_only));
        fields.push("level", text(&self.level));
        let members = self
            .members
            .iter()
            .map(|member| Value::Fields(member.fields()));
        fields.push("members", Value::List(members.collect()));
    }
}

/// The lines below a disk, each with six blanks before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MdStatus(pub Vec<MdLine>);

/// A line below a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MdLine {
    /// Its size, and which of its devices work.
    Size(MdSize),
    /// How far a rebuilding is.
    Progress(MdProgress),
    /// Which regions are known to be the same everywhere.
    Bitmap(MdBitmap),
    /// A rebuilding that waits: `resync=DELAYED`.
    Waiting(Vec<u8>),
    /// Nothing, in so many blanks.
    Empty(usize),
    /// What psgo does not know.
    Other(Vec<u8>),
}

record! {
    /// The size of a disk.
    pub struct MdSize {
        /// In blocks of 1 KiB.
        blocks: u64 = "      %u blocks",
        /// The form of what is written on its devices: `1.2`, `non-persistent`.
        superblock: Maybe<NumberOrText> = "{ super %r}",
        /// How it is spread over them, and which of these work: `512k chunk [3/2] [UU_]`.
        layout: MdLayout = "%r\n",
    }
}

/// How a disk is spread over its devices, and which of these work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MdLayout {
    /// How: ` level 5, 512k chunk, algorithm 2`.
    pub text: Vec<u8>,
    /// How many devices it should have, and how many work.
    pub devices: Option<(u32, u32)>,
    /// A letter for each device: `U` works, `_` is missing.
    pub map: Vec<u8>,
}

impl MdLayout {
    /// ` text [3/2] [UU_]`, the parts in brackets missing or both there.
    fn new(text: &[u8]) -> Option<Self> {
        let (rest, map) = bytes::rsplit_once(text.strip_suffix(b"]")?, b'[')?;
        let rest = rest.strip_suffix(b"] ")?;
        let (rest, counts) = bytes::rsplit_once(rest, b'[')?;
        let (wanted, working) = bytes::split_once(counts, b'/')?;
        Some(Self {
            text: rest.strip_suffix(b" ")?.to_vec(),
            devices: Some((bytes::decimal(wanted)?, bytes::decimal(working)?)),
            map: map.to_vec(),
        })
    }
}

impl Field for MdLayout {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let text = cursor.take_line();
        Ok(Self::new(text).unwrap_or_else(|| Self {
            text: text.to_vec(),
            ..Self::default()
        }))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text);
        if let Some((wanted, working)) = self.devices {
            out.extend_from_slice(format!(" [{wanted}/{working}] [").as_bytes());
            out.extend_from_slice(&self.map);
            out.push(b']');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.text.trim_ascii())
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        let devices = |count: Option<u32>| count.map_or(Value::MISSING, |n| Value::Int(n.into()));
        fields.push(spec.field, self.value(spec));
        fields.push("devices", devices(self.devices.map(|(wanted, _)| wanted)));
        fields.push("working", devices(self.devices.map(|(_, working)| working)));
        let map = self.devices.map(|_| Value::text(&self.map));
        fields.push("map", map.unwrap_or(Value::MISSING));
    }
}

record! {
    /// How far a rebuilding is.
    pub struct MdProgress {
        /// A picture of it: `==>.......`.
        bar: Vec<u8> = "      [%s]  ",
        /// What is done: `recovery`, `resync`, `check`, `reshape`.
        action: Vec<u8> = "%s =",
        /// How much is done, in percent.
        percent: u32 = "%3u.",
        /// And tenths of it.
        tenths: u32 = "%u% (",
        /// Blocks of 1 KiB that are done.
        done: u64 = "%u/",
        /// Blocks of 1 KiB that there are.
        total: u64 = "%u) finish=",
        /// How long it will take, in minutes.
        finish: u64 = "%u.",
        /// And tenths of one.
        finish_tenths: u32 = "%umin speed=",
        /// How fast it is, in KiB a second.
        speed: u64 = "%uK/sec\n",
    }
}

record! {
    /// Which regions of a disk are known to be the same everywhere.
    pub struct MdBitmap {
        /// Pages of it that are in memory.
        bitmap_pages: u64 = "      bitmap: %u/",
        /// Pages that it has.
        bitmap_total: u64 = "%u pages [",
        /// Its size in memory, in KiB.
        bitmap_kib: u64 = "%uKB], ",
        /// How much of the disk one bit of it stands for: `65536KB`.
        bitmap_chunk: Vec<u8> = "%s chunk",
        /// The file that it is in, if it is in one.
        bitmap_file: Option<Vec<u8>> = ", file: %s",
        /// The end of the line.
        rest: crate::format::Rest = "%r\n",
    }
}

impl MdLine {
    /// What `line` is, which ends with its newline.
    fn new(line: &[u8]) -> Self {
        type Kind = fn(&[u8]) -> Option<MdLine>;

        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let kinds: [Kind; 3] = [
            |line| MdSize::parse(line).ok().map(Self::Size),
            |line| MdProgress::parse(line).ok().map(Self::Progress),
            |line| MdBitmap::parse(line).ok().map(Self::Bitmap),
        ];
        if let Some(known) = kinds.iter().find_map(|kind| kind(line)) {
            return known;
        }
        if let Some(waiting) = text.strip_prefix(b"      \t")
            && waiting.contains(&b'=')
        {
            return Self::Waiting(waiting.to_vec());
        }
        if text.iter().all(|&b| b == b' ') {
            return Self::Empty(text.len());
        }
        Self::Other(text.to_vec())
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Size(size) => return size.write(out),
            Self::Progress(progress) => return progress.write(out),
            Self::Bitmap(bitmap) => return bitmap.write(out),
            Self::Waiting(waiting) => {
                out.extend_from_slice(b"      \t");
                out.extend_from_slice(waiting);
            }
            Self::Empty(blanks) => out.extend(std::iter::repeat_n(b' ', *blanks)),
            Self::Other(text) => out.extend_from_slice(text),
        }
        out.push(b'\n');
    }
}

/// Every line that begins with a blank.
impl Field for MdStatus {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut lines = Vec::new();
        while cursor.rest().first() == Some(&b' ') {
            let Some(newline) = bytes::find(cursor.rest(), b'\n') else {
                return Err(cursor.error(spec.field, "no newline at its end"));
            };
            lines.push(MdLine::new(cursor.take(newline + 1)));
        }
        Ok(Self(lines))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for line in &self.0 {
            line.put(out);
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for line in &self.0 {
            let known = match line {
                MdLine::Size(size) => size.fields(),
                MdLine::Progress(progress) => progress.fields(),
                MdLine::Bitmap(bitmap) => bitmap.fields(),
                MdLine::Waiting(text) => [("waiting", Value::text(text))].into_iter().collect(),
                MdLine::Empty(_) => Fields::new(),
                MdLine::Other(text) => [("other", Value::text(text))].into_iter().collect(),
            };
            for (name, value) in known {
                fields.push(name, value);
            }
        }
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.0.iter().any(|line| matches!(line, MdLine::Other(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    /// Made by hand after the form of Linux 5.10; the kernel here has no such driver.
    const FILE: &str = "Personalities : [raid1] [raid6] [raid5] [raid4] \n\
        md127 : active (auto-read-only) raid5 sdd1[3](R) sdc1[4](S) sdb1[1](F) nvme0n1p1[5](J) sda1[0]\n\
        \x20     585904128 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [U_U]\n\
        \x20     [==>..................]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec\n\
        \x20     bitmap: 1/3 pages [4KB], 65536KB chunk, file: /a b\n\
        \x20     \n\
        md1 : active raid1 sdf[1] sde[0]\n\
        \x20     1024 blocks [2/2] [UU]\n\
        \x20     \tresync=DELAYED\n\
        \x20     \n\
        md0 : inactive sdg[0](S)\n\
        \x20     976630464 blocks super 1.2\n\
        \x20      \n\
        unused devices: sdh sdi \n";

    #[test]
    fn a_disk_says_which_devices_work() {
        let mdstat: Mdstat = law::holds(FILE.as_bytes());
        assert_eq!(mdstat.arrays.len(), 3);
        let raid5 = &mdstat.arrays[0];
        let flags: Vec<_> = raid5
            .assembly
            .members
            .iter()
            .map(|member| &*member.flags)
            .collect();
        assert_eq!(flags, [&b"R"[..], b"S", b"F", b"J", b""]);
        let fields = raid5.fields();
        for (name, value) in [
            ("name", "md127"),
            ("level", "raid5"),
            ("read_only", "auto-read-only"),
            ("layout", "level 5, 512k chunk, algorithm 2"),
            ("map", "U_U"),
            ("superblock", "1.2"),
            ("action", "recovery"),
            ("bitmap_file", "/a b"),
        ] {
            let found = fields
                .find(name)
                .or_else(|| fields.find(&format!("status.{name}")));
            assert_eq!(found, Some(&Value::text(value)), "{name}");
        }
        assert_eq!(fields.find("working"), Some(&Value::Int(2)));
        assert_eq!(
            (fields.find("percent"), fields.find("tenths")),
            (Some(&Value::Int(12)), Some(&Value::Int(6)))
        );
        let waiting = mdstat.arrays[1].fields();
        assert_eq!(
            waiting.find("waiting"),
            Some(&Value::text("resync=DELAYED"))
        );
        let inactive = mdstat.arrays[2].fields();
        assert_eq!(
            (inactive.find("state"), inactive.find("level")),
            (Some(&Value::text("inactive")), Some(&Value::MISSING))
        );
        assert!(mdstat.unused.iter().eq([b"sdh", b"sdi"]));
        assert!(!mdstat.arrays.iter().any(Field::unknown));
        law::mutants::<Mdstat>(&[FILE.as_bytes()], 10_000);
    }

    #[test]
    fn a_line_of_a_later_kernel_is_kept() {
        let file =
            b"Personalities : \nmd0 : active raid0 a[0]\n      new: 1\nunused devices: <none>\n";
        assert!(law::holds::<Mdstat>(file).arrays[0].status.unknown());
    }
}
