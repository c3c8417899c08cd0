//! `/proc/slabinfo`: the kernel's caches of objects.

use crate::format::{Head, Rest, Rows, record};

record! {
    /// The kernel's caches of objects.
    ///
    /// `/proc/slabinfo` (`slab_show`), for root alone.
    pub struct Slabinfo: "slabinfo" {
        /// The version, and the names of the columns; the second form is that of a kernel built
        /// to check its caches.
        head: Head = "%h{slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n}{slabinfo - version: 2.1 (statistics)\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail> : globalstat <listallocs> <maxobjs> <grown> <reaped> <error> <maxfreeable> <nodeallocs> <remotefrees> <alienoverflow> : cpustat <allochit> <allocmiss> <freehit> <freemiss>\n}{slabinfo - version: 2.0\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <batchcount> <limit> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n}",
        /// The caches.
        rows: Rows<Slab> = "{%r\n}",
    }
}

record! {
    /// A cache of objects of one size.
    pub struct Slab {
        /// The cache's name.
        name: Vec<u8> = "%-17s ",
        /// Objects in use, a count; with SLUB those of partly free slabs too.
        active_objs: u64 = "%6u ",
        /// Objects, a count.
        num_objs: u64 = "%6u ",
        /// The size of one, in bytes.
        objsize: u32 = "%6u ",
        /// How many are in one slab.
        objperslab: u32 = "%4u ",
        /// How many pages a slab has.
        pagesperslab: i32 = "%4d : tunables ",
        /// How many objects a CPU keeps for itself; 0 with SLUB.
        limit: u32 = "%4u ",
        /// How many it takes at a time; 0 with SLUB.
        batchcount: u32 = "%4u ",
        /// How many the CPUs share; 0 with SLUB.
        sharedfactor: u32 = "%4u : slabdata ",
        /// Slabs in use, a count.
        active_slabs: u64 = "%6u ",
        /// Slabs, a count.
        num_slabs: u64 = "%6u ",
        /// Objects shared by the CPUs, a count.
        sharedavail: u64 = "%6u",
        /// Most objects at a time. Missing, as all that follow, but where caches are checked.
        listallocs: Option<u64> = " : globalstat %7u",
        /// Most objects there were.
        maxobjs: Option<u64> = " %6u",
        /// How often a slab was added.
        grown: Option<u64> = " %5u",
        /// How often slabs were given back.
        reaped: Option<u64> = " %4u",
        /// Errors, a count.
        error: Option<u64> = " %4u",
        /// Most free objects at a time.
        maxfreeable: Option<u64> = " %4u",
        /// Objects taken from another node, a count.
        nodeallocs: Option<u64> = " %4u",
        /// Objects given back to another node, a count.
        remotefrees: Option<u64> = " %4u",
        /// How often too many of those waited.
        alienoverflow: Option<u64> = " %4u",
        /// Objects that a CPU had at hand, a count.
        allochit: Option<u64> = " : cpustat %6u",
        /// Objects that it had not, a count.
        allocmiss: Option<u64> = " %6u",
        /// Objects that a CPU kept, a count.
        freehit: Option<u64> = " %6u",
        /// Objects that it gave on, a count.
        freemiss: Option<u64> = " %6u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/slabinfo");

    #[test]
    fn a_cache_is_what_sysfs_says() {
        let slabinfo: Slabinfo = law::holds(&std::fs::read("/proc/slabinfo").unwrap());
        let mut compared = 0;
        for slab in &slabinfo.rows {
            let name = String::from_utf8(slab.name.clone()).unwrap();
            let sysfs = |file: &str| {
                let text = std::fs::read_to_string(format!("/sys/kernel/slab/{name}/{file}"));
                text.ok()?.trim().parse::<u32>().ok()
            };
            let Some(size) = sysfs("slab_size") else {
                continue;
            };
            assert_eq!(slab.objsize, size, "{name}");
            assert_eq!(Some(slab.objperslab), sysfs("objs_per_slab"), "{name}");
            compared += 1;
        }
        assert!(
            compared > 10,
            "{compared} of {}: is /sys mounted?",
            slabinfo.rows.len()
        );
    }

    #[test]
    fn caches_that_are_checked_have_statistics() {
        // Made by hand after the form of Linux 2.6.32 with SLAB and CONFIG_DEBUG_SLAB.
        let file = "slabinfo - version: 2.1 (statistics)\n\
            # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail> : globalstat <listallocs> <maxobjs> <grown> <reaped> <error> <maxfreeable> <nodeallocs> <remotefrees> <alienoverflow> : cpustat <allochit> <allocmiss> <freehit> <freemiss>\n\
            dentry             21034  21034    136   28    1 : tunables  120   60    8 : slabdata    752    752      0 : globalstat   31337  24601   901   12    0    1    2    3    4 : cpustat  71000   2100  52000     66\n";
        let slabinfo: Slabinfo = law::holds(file.as_bytes());
        let slab = &slabinfo.rows[0];
        assert_eq!(
            (&*slab.name, slab.limit, slab.grown),
            (&b"dentry"[..], 120, Some(901))
        );
        assert_eq!((slab.allochit, slab.freemiss), (Some(71_000), Some(66)));
        law::mutants::<Slabinfo>(&[file.as_bytes(), HERE], 5_000);
    }
}
