//! `/proc/PID/mountstats`: what is mounted, and what NFS has done for it.

use crate::format::pid::{MountOptions, MountSource};
use crate::{
    format::{
        Cursor, Field, Flat, Maybe, MountPath, NumberOrText, ParseError, Rows, Spec, lines, record,
    },
    value::Value,
};

record! {
    /// What is mounted, and what NFS has done for it.
    ///
    /// `/proc/PID/mountstats` (`show_vfsstat`), since 2.6.17. Only the owner may read it. Mounts
    /// outside of the process's root are left out.
    pub struct Mountstats: "mountstats" {
        /// The mounts.
        rows: Rows<MountstatsRow> = "{%r}",
    }
}

record! {
    /// One mount.
    pub struct MountstatsRow {
        /// What is mounted; nothing if that has no name.
        source: StatSource = "%r",
        /// Where it is mounted, below the root of the process.
        target: MountPath = " mounted on %s ",
        /// The type of file system, with a subtype after a point: `ext4`, `fuse.sshfs`.
        fstype: NumberOrText = "with fstype %r",
        /// Version of the statistics: `1.1`. Those of NFS have one.
        statvers: Maybe<Vec<u8>> = "{ statvers=%s}\n",
        /// The statistics of NFS.
        nfs: Flat<NfsBlock> = "%r",
    }
}

/// What is mounted; nothing if that has no name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatSource(pub Option<MountSource>);

const DEVICE: Spec = Spec::new("source", "device %s");
const NO_DEVICE: &[u8] = b"no device";
const MOUNTED: Spec = Spec::new("source", "%s mounted on ");

impl Field for StatSource {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        if cursor.skip(NO_DEVICE) {
            return Ok(Self(None));
        }
        cursor.literal(DEVICE.before(), DEVICE.field)?;
        MountSource::take(cursor, &MOUNTED).map(|source| Self(Some(source)))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        match &self.0 {
            Some(source) => source.write(&DEVICE, out),
            None => out.extend_from_slice(NO_DEVICE),
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let source = self.0.as_ref();
        source.map_or(Value::MISSING, |source| source.value(spec))
    }
}

/// The statistics of NFS, and the empty line after them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NfsBlock(pub Option<NfsStats>);

impl Field for NfsBlock {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if !cursor.rest().starts_with(b"\t") {
            return Ok(Self(None));
        }
        let stats = NfsStats::take(cursor, spec)?;
        cursor.literal(b"\n", spec.field)?;
        Ok(Self(Some(stats)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(stats) = &self.0 {
            stats.put(spec, out);
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let stats = self.0.as_ref();
        stats.map_or(Value::MISSING, |stats| stats.value(spec))
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.0.as_ref().is_some_and(Field::unknown)
    }
}

lines! {
    /// What NFS has done for a mount (`nfs_show_stats`).
    pub struct NfsStats until is_past {
        /// Options of the mount.
        opts: Option<MountOptions> = "\topts:\t%s\n",
        /// Seconds since it was mounted.
        age: Option<u64> = "\tage:\t%u\n",
        /// Whose program the server is. Since 4.1 of NFS.
        impl_id: Option<MountOptions> = "\timpl_id:\t%s\n",
        /// What the server can do.
        caps: Option<MountOptions> = "\tcaps:\t%s\n",
        /// What a server of NFS 4 can do, and its lease.
        nfsv4: Option<MountOptions> = "\tnfsv4:\t%s\n",
        /// How users are authenticated.
        sec: Option<MountOptions> = "\tsec:\t%s\n",
        /// How often each kind of event was, in the order of the kernel's `enum nfs_stat_eventcounters`.
        events: Option<Vec<u64>> = "\tevents:\t%u{ } \n",
        /// Bytes that were read and written, in the order of `enum nfs_stat_bytecounters`.
        bytes: Option<Vec<u64>> = "\tbytes:\t%u{ } \n",
        /// What was kept on disk. Until 6.8, with `CONFIG_NFS_FSCACHE`.
        fsc: Option<Vec<u64>> = "\tfsc:\t%u{ } \n",
        /// Which protocol the calls are of.
        rpc: Option<NfsRpc> = "\tRPC iostats version: %r\n",
        /// The connections.
        xprt: Vec<NfsXprt> = "{\txprt:\t%r\n}",
        /// What each operation has taken.
        per_op: Option<NfsOps> = "\tper-op statistics%r\n",
    }
}

/// Is this no line of NFS?
fn is_past(bytes: &[u8]) -> bool {
    bytes.first() != Some(&b'\t')
}

record! {
    /// A protocol of remote calls.
    pub struct NfsRpc {
        /// Version of the statistics: `1.1`.
        iostats_version: Vec<u8> = "%s ",
        /// Number of the program.
        program: u32 = " p/v: %u/",
        /// Version of the program.
        program_version: u32 = "%u (",
        /// Its name: `nfs`.
        program_name: Vec<u8> = "%s)",
    }
}

record! {
    /// A connection.
    pub struct NfsXprt {
        /// Its kind: `tcp`, `udp`, `rdma`, `local`.
        kind: NumberOrText = "%r",
        /// Its counts, in the order of the kernel's `print_stats` of that kind.
        counts: Vec<i64> = "{ %d}",
    }
}

/// Names of the counts of a connection by TCP; one by UDP lacks the three about connecting.
const TCP: [&str; 13] = [
    "srcport",
    "bind_count",
    "connect_count",
    "connect_time",
    "idle_time",
    "sends",
    "recvs",
    "bad_xids",
    "req_u",
    "bklog_u",
    "max_slots",
    "sending_u",
    "pending_u",
];

impl NfsXprt {
    /// The count of that name, such as `sends`; nothing for one that is not known of its kind.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<i64> {
        let NumberOrText::Text(kind) = &self.kind else {
            return None;
        };
        let names = TCP.iter().filter(|other| match kind.as_slice() {
            b"udp" => !matches!(**other, "connect_count" | "connect_time" | "idle_time"),
            b"local" => **other != "srcport",
            _ => true,
        });
        // RDMA goes on with other counts.
        let shared = if kind == b"rdma" { 10 } else { TCP.len() };
        let at = names.take(shared).position(|other| *other == name)?;
        self.counts.get(at).copied()
    }
}

record! {
    /// What all operations have taken.
    pub struct NfsOps {
        /// Each of them.
        ops: Vec<NfsOp> = "{\n\t%r}",
    }
}

record! {
    /// What an operation has taken.
    pub struct NfsOp {
        /// Its name: `READ`.
        name: Vec<u8> = "%12s: ",
        /// How often it was begun.
        ops: u64 = "%u ",
        /// How often it was sent.
        ntrans: u64 = "%u ",
        /// How often no answer came in time.
        timeouts: u64 = "%u ",
        /// Bytes sent.
        bytes_sent: u64 = "%u ",
        /// Bytes received.
        bytes_recv: u64 = "%u ",
        /// Milliseconds that it waited to be sent.
        queue: u64 = "%u ",
        /// Milliseconds until an answer came.
        rtt: u64 = "%u ",
        /// Milliseconds in all.
        execute: u64 = "%u",
        /// How often it failed. Since 5.3.
        error: Option<u64> = " %u",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{law, pid::Mounts};

    /// Made by hand after the form of Linux 3.2 and 5.4: no NFS is mounted here.
    const NFS: &str = "device h:/a#b mounted on /m\\040n with fstype nfs4 statvers=1.1\n\
        \topts:\trw,vers=4.1\n\tage:\t111\n\timpl_id:\tname='a',domain='b',date='1,0'\n\
        \tcaps:\tcaps=0x7fff,wtmult=512\n\tnfsv4:\tbm0=0xfd,pnfs=not configured\n\
        \tsec:\tflavor=1,pseudoflavor=1\n\tevents:\t0 4 7 \n\tbytes:\t1 2 \n\
        \tRPC iostats version: 1.1  p/v: 100003/4 (nfs)\n\
        \txprt:\ttcp 808 0 1 0 82 19 18 0 17 0 2 0 0\n\txprt:\tudp 808 0 5 6 0 7 0\n\
        \tper-op statistics\n\t        NULL: 1 2 3 4 5 6 7 8 9\n\
        \tSETCLIENTID_CONFIRM: 1 1 0 0 0 0 0 0\n\n\
        no device mounted on /x with fstype fuse.y\n";

    #[test]
    fn operations_have_their_numbers() {
        let stats: Mountstats = law::holds(NFS.as_bytes());
        let [nfs, fuse] = &stats.rows[..] else {
            panic!("{stats:?}");
        };
        assert_eq!(nfs.source.0.as_ref().unwrap().name, b"h:/a#b");
        assert_eq!(nfs.target.0, b"/m n");
        assert_eq!(nfs.statvers.as_deref(), Some(&b"1.1"[..]));
        assert_eq!((&fuse.source.0, &fuse.nfs.0.0), (&None, &None));
        assert_eq!(fuse.fstype, NumberOrText::Text(b"fuse.y".to_vec()));
        let block = nfs.nfs.0.0.as_ref().unwrap();
        assert_eq!(block.unknown_lines().count(), 0);
        assert_eq!(
            (block.age, block.events.as_deref()),
            (Some(111), Some(&[0, 4, 7][..]))
        );
        let v4 = block.nfsv4.as_ref().unwrap();
        assert_eq!(v4.find("pnfs").as_deref(), Some(&b"not configured"[..]));
        assert_eq!(block.rpc.as_ref().unwrap().program, 100_003);
        let [tcp, udp] = &block.xprt[..] else {
            panic!("{block:?}");
        };
        assert_eq!(
            (tcp.count("sends"), tcp.count("recvs")),
            (Some(19), Some(18))
        );
        assert_eq!(
            (udp.count("sends"), udp.count("bklog_u")),
            (Some(5), Some(0))
        );
        assert_eq!((udp.count("connect_time"), udp.count("x")), (None, None));
        let ops = &block.per_op.as_ref().unwrap().ops;
        assert_eq!(
            (&*ops[0].name, ops[0].ops, ops[0].error),
            (&b"NULL"[..], 1, Some(9))
        );
        assert_eq!(
            (&*ops[1].name, ops[1].error),
            (&b"SETCLIENTID_CONFIRM"[..], None)
        );
        let fields = nfs.fields();
        assert_eq!(fields.find("age"), Some(&Value::Int(111)));
        let newer = NFS.replace("\tage", "\tnew:\t1\n\tage");
        let newer: Mountstats = law::holds(newer.as_bytes());
        assert!(crate::format::File::unknown(&newer));
        law::mutants::<Mountstats>(&[NFS.as_bytes()], 5_000);
    }

    #[test]
    fn the_mounts_are_those_of_mounts() {
        let stats: Mountstats = law::holds(&std::fs::read("/proc/self/mountstats").unwrap());
        let mounts: Mounts = law::holds(&std::fs::read("/proc/self/mounts").unwrap());
        assert_eq!(stats.rows.len(), mounts.rows.len());
        for (stat, mount) in stats.rows.iter().zip(&mounts.rows) {
            assert_eq!(stat.target, mount.target);
            assert_eq!(stat.source.0.as_ref(), Some(&mount.source));
            assert_eq!(stat.fstype, NumberOrText::new(&mount.fstype.0));
        }
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("mountstats") {
            law::holds::<Mountstats>(&file);
        }
    }
}
