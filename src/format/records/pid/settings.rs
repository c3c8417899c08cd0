//! Files of a process that hold one value, most of which can be written: `personality`,
//! `coredump_filter`, `loginuid` and others.

use crate::{
    format::{Cursor, Field, Flat, ParseError, Spec, flags, named, record},
    value::{Fields, Value},
};

record! {
    /// Which parts of the memory a core dump gets.
    ///
    /// `/proc/PID/coredump_filter` (`proc_coredump_filter_read`), since 2.6.23. It is empty for a
    /// kernel thread and a zombie.
    #[derive(Copy)]
    pub struct CoredumpFilter: "coredump_filter" {
        /// The parts.
        coredump_filter: Option<CoredumpParts> = "%08x\n",
    }
}

flags! {
    /// Parts of the memory of a process.
    pub struct CoredumpParts(u32) {
        0x1 = "anonymous_private",
        0x2 = "anonymous_shared",
        0x4 = "file_private",
        0x8 = "file_shared",
        0x10 = "elf_headers",
        0x20 = "hugetlb_private",
        0x40 = "hugetlb_shared",
        0x80 = "dax_private",
        0x100 = "dax_shared",
    }
}

record! {
    /// As which system's the process is treated.
    ///
    /// `/proc/PID/personality` (`proc_pid_personality`), since 2.6.28. Only who may trace the
    /// process may read it.
    #[derive(Copy)]
    pub struct Personality: "personality" {
        /// The system, and flags.
        personality: Persona = "%08x\n",
    }
}

/// A system, and flags, as `personality` takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Persona(pub u32);

const PERSONA_FLAGS: &[(u32, &str)] = &[
    (0x2_0000, "UNAME26"),
    (0x4_0000, "ADDR_NO_RANDOMIZE"),
    (0x8_0000, "FDPIC_FUNCPTRS"),
    (0x10_0000, "MMAP_PAGE_ZERO"),
    (0x20_0000, "ADDR_COMPAT_LAYOUT"),
    (0x40_0000, "READ_IMPLIES_EXEC"),
    (0x80_0000, "ADDR_LIMIT_32BIT"),
    (0x100_0000, "SHORT_INODE"),
    (0x200_0000, "WHOLE_SECONDS"),
    (0x400_0000, "STICKY_TIMEOUTS"),
    (0x800_0000, "ADDR_LIMIT_3GB"),
];

impl Persona {
    /// The system: 0 is Linux, 8 Linux of 32 bits.
    #[must_use]
    pub const fn domain(self) -> u32 {
        self.0 & 0xff
    }

    /// What those flags are called that are set; one without a name is left out.
    pub fn flags(self) -> impl Iterator<Item = &'static str> {
        let flags = PERSONA_FLAGS.iter();
        flags
            .filter(move |(bit, _)| self.0 & bit != 0)
            .map(|(_, name)| *name)
    }
}

impl Field for Persona {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        u32::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    /// The system's name, and the flags; its number where it is not Linux.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let domain = match self.domain() {
            0 => Value::text("PER_LINUX"),
            8 => Value::text("PER_LINUX32"),
            other => Value::Int(other.into()),
        };
        Value::List(
            std::iter::once(domain)
                .chain(self.flags().map(Value::text))
                .collect(),
        )
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        fields.push(spec.field, self.value(spec));
        fields.push(format!("{}_raw", spec.field), self.0.value(spec));
    }
}

record! {
    /// The user that logged in, whatever the process became since.
    ///
    /// `/proc/PID/loginuid` (`proc_loginuid_read`), on kernels with audit.
    #[derive(Copy)]
    pub struct Loginuid: "loginuid" {
        /// The user's id; unset for what no login started.
        loginuid: AuditId = "%u",
    }
}

record! {
    /// The login that the process belongs to.
    ///
    /// `/proc/PID/sessionid` (`proc_sessionid_read`), since 2.6.25, on kernels with audit.
    #[derive(Copy)]
    pub struct Sessionid: "sessionid" {
        /// Number of the login since the boot; unset for what no login started.
        sessionid: AuditId = "%u",
    }
}

/// An id that may be unset: all its bits are then set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditId(pub u32);

impl AuditId {
    /// The id; nothing if it is unset.
    #[must_use]
    pub const fn id(self) -> Option<u32> {
        match self.0 {
            u32::MAX => None,
            id => Some(id),
        }
    }
}

impl Field for AuditId {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        u32::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.id().map_or(Value::MISSING, |id| Value::Int(id.into()))
    }
}

record! {
    /// By how much a timer of the process may be late.
    ///
    /// `/proc/PID/timerslack_ns` (`timerslack_ns_show`), since 4.6. Only who may trace the process
    /// may read it.
    #[derive(Copy)]
    pub struct TimerslackNs: "timerslack_ns" {
        /// Nanoseconds.
        timerslack_ns: u64 = "%u\n",
    }
}

record! {
    /// Whether a process of the user namespace may change its groups.
    ///
    /// `/proc/PID/setgroups` (`proc_setgroups_show`), since 3.19.
    pub struct Setgroups: "setgroups" {
        /// `allow` or `deny`.
        setgroups: Vec<u8> = "%s\n",
    }
}

record! {
    /// The path of the cpuset of the process.
    ///
    /// `/proc/PID/cpuset` (`proc_cpuset_show`), on kernels with `CONFIG_PROC_PID_CPUSET`.
    pub struct Cpuset: "cpuset" {
        /// Path below the mount of the hierarchy.
        cpuset: Vec<u8> = "%s\n",
    }
}

record! {
    /// The group of processes with which it shares its time, and how nice that is.
    ///
    /// `/proc/PID/autogroup` (`proc_sched_autogroup_show_task`), since 2.6.38. It is empty for
    /// processes in the root group.
    #[derive(Copy)]
    pub struct Autogroup: "autogroup" {
        /// The group; nothing in the root group.
        group: Flat<Option<AutogroupGroup>> = "%r",
    }
}

record! {
    /// A group of processes that were started in one session.
    #[derive(Copy)]
    pub struct AutogroupGroup {
        /// Its number.
        id: i64 = "/autogroup-%d",
        /// Nice value of the whole group.
        nice: i32 = " nice %d\n",
    }
}

record! {
    /// How far the thread is with a live patch.
    ///
    /// `/proc/PID/patch_state` (`proc_pid_patch_state`), since 4.12, on kernels with live patches.
    #[derive(Copy)]
    pub struct PatchState: "patch_state" {
        /// Whether it is.
        patch_state: PatchTarget = "%d\n",
    }
}

named! {
    /// How far a thread is with a live patch.
    pub struct PatchTarget(i32) {
        -1 = "idle",
        0 = "unpatched",
        1 = "patched",
    }
}

record! {
    /// Pages of the process that are merged with equal ones.
    ///
    /// `/proc/PID/ksm_merging_pages` (`proc_pid_ksm_merging_pages`), since 5.19. It is empty for
    /// a kernel thread.
    #[derive(Copy)]
    pub struct KsmMergingPages: "ksm_merging_pages" {
        /// How many.
        ksm_merging_pages: Option<u64> = "%u\n",
    }
}

record! {
    /// The children of a thread.
    ///
    /// `/proc/PID/task/TID/children` (`children_seq_show`), since 3.5. It may lack some if
    /// processes start or end while it is read.
    pub struct Children: "children" {
        /// Their ids in the PID namespace of this `/proc`.
        children: Vec<u32> = "{%u }",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{File, law};

    fn here<T: File>() -> T {
        law::holds(&std::fs::read(format!("/proc/self/{}", T::PATH)).unwrap())
    }

    fn live<T: File>() {
        for file in law::live(T::PATH) {
            law::holds::<T>(&file);
        }
    }

    #[test]
    fn masks_have_names() {
        let filter: CoredumpFilter = law::holds(b"00000033\n");
        let fields = filter.fields();
        assert_eq!(
            fields.find("coredump_filter").unwrap().to_string(),
            "anonymous_private,anonymous_shared,elf_headers,hugetlb_private"
        );
        assert_eq!(
            fields.find("coredump_filter_raw"),
            Some(&Value::text("0x00000033"))
        );
        assert_eq!(law::holds::<CoredumpFilter>(b"").coredump_filter, None);
        assert!(CoredumpFilter::parse(b"\n").is_err());
        live::<CoredumpFilter>();
    }

    /// `setarch` is told what the kernel then says.
    #[test]
    fn a_personality_is_the_one_that_was_asked_for() {
        let answer = std::process::Command::new("setarch")
            .args([
                "linux32",
                "--addr-no-randomize",
                "cat",
                "/proc/self/personality",
            ])
            .output()
            .unwrap();
        let personality: Personality = law::holds(&answer.stdout);
        assert_eq!(
            personality
                .fields()
                .find("personality")
                .unwrap()
                .to_string(),
            "PER_LINUX32,ADDR_NO_RANDOMIZE"
        );
        live::<Personality>();
    }

    #[test]
    fn an_id_without_a_login_is_unset() {
        let unset: Loginuid = law::holds(b"4294967295");
        assert_eq!(unset.fields().find("loginuid"), Some(&Value::MISSING));
        assert_eq!(law::holds::<Sessionid>(b"7").sessionid.id(), Some(7));
        assert!(Loginuid::parse(b"7\n").is_err());
        live::<Loginuid>();
        live::<Sessionid>();
    }

    #[test]
    fn single_values_are_read() {
        let slack: TimerslackNs = here();
        assert!(slack.timerslack_ns > 0);
        let groups: Setgroups = here();
        assert!([&b"allow"[..], b"deny"].contains(&&*groups.setgroups));
        assert_eq!(
            law::holds::<KsmMergingPages>(b"3\n").ksm_merging_pages,
            Some(3)
        );
        assert_eq!(law::holds::<Cpuset>(b"/a b\n").cpuset, b"/a b");
        let patched: PatchState = law::holds(b"-1\n");
        assert_eq!(
            patched.fields().find("patch_state"),
            Some(&Value::text("idle"))
        );
        live::<TimerslackNs>();
        live::<Setgroups>();
        live::<KsmMergingPages>();
        live::<Cpuset>();
    }

    #[test]
    fn a_group_has_a_nice_value_or_there_is_none() {
        let group: Autogroup = law::holds(b"/autogroup-4321 nice -5\n");
        assert_eq!(group.fields().to_string(), "id=4321 nice=-5");
        assert_eq!(*law::holds::<Autogroup>(b"").group, None);
        assert!(Autogroup::parse(b"/autogroup-4321").is_err());
        law::mutants::<Autogroup>(&[b"/autogroup-4321 nice -5\n"], 1_000);
        live::<Autogroup>();
    }

    #[test]
    fn a_child_is_among_the_children() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let children: Children = law::holds(&std::fs::read("/proc/thread-self/children").unwrap());
        assert!(children.children.contains(&child.id()), "{children:?}");
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(Children::parse(b"1 2").is_err());
        law::mutants::<Children>(&[b"1 23 456 "], 500);
    }
}
