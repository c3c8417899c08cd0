//! `/proc/zoneinfo`: the zones of the machine's memory.

use crate::format::{Labels, Maybe, Rows, record};

record! {
    /// The zones of the machine's memory, and what was counted there.
    ///
    /// `/proc/zoneinfo` (`zoneinfo_show_print`).
    pub struct Zoneinfo: "zoneinfo" {
        /// Each zone of each node.
        rows: Rows<Zone> = "{%r}",
    }
}

record! {
    /// A zone of memory. Sizes are in pages.
    ///
    /// What is counted is called as the kernel calls it, `nr_dirty`, and is another with each
    /// kernel.
    pub struct Zone {
        /// NUMA node.
        node: u32 = "Node %d, zone ",
        /// Zone: `DMA32`, `Normal`.
        zone: Vec<u8> = "%8s\n",
        /// What is counted for the whole node, in its first zone that has memory. Since 4.8.
        per_node: Maybe<NodeStats> = "{  per-node stats\n%r}",
        /// Free pages.
        free: u64 = "  pages free     %u\n",
        /// The zone's marks (`boost`, `min`, `low`, `high`, `promo`) and sizes (`spanned`,
        /// `present`, `managed`, `cma`).
        pages: Labels = "{        %-8u \n}",
        /// Pages that were looked at in the whole node. From 4.8 to 4.11.
        node_scanned: Maybe<u64> = "{   node_scanned  %u\n}",
        /// The sizes, where that stands before them.
        sizes: Labels = "{        %-8u \n}",
        /// What other zones may not take from this one, each in its order. Before 4.9 it stands
        /// after what is counted.
        protection: Maybe<Protection> = "{        protection: (%r\n}",
        /// What is counted here; before 4.8 four blanks stand before each.
        counters: Labels = "{      %-12u \n}",
        /// The same on kernels before 4.8.
        old_counters: Labels = "{    %-12u \n}",
        /// The same as `protection` on kernels before 4.9.
        old_protection: Maybe<Protection> = "{        protection: (%r\n}",
        /// What the CPUs keep for themselves; nothing where the zone is empty.
        pagesets: Maybe<Pagesets> = "{  pagesets\n%r}",
        /// Was nothing found here to take back (`all_unreclaimable` before 4.8), and the number
        /// of the first page: nothing where the zone is empty. The label `inactive_ratio` is of old
        /// kernels.
        state: Labels = "{  %20u: \n}",
        /// The same on kernels before 4.8, which have another width.
        old_state: Labels = "{  %18u: \n}",
    }
}

record! {
    /// What is counted for a node.
    pub struct NodeStats {
        /// Each by its name.
        counters: Labels = "{      %-12u \n}",
    }
}

record! {
    /// Pages that are kept from being taken for what another zone would do for.
    pub struct Protection {
        /// Pages, for each zone that could be asked for.
        pages: Vec<u64> = "%u{, })",
    }
}

record! {
    /// What the CPUs keep for themselves.
    pub struct Pagesets {
        /// Each CPU's.
        cpus: Vec<Pageset> = "{    cpu: %r}",
    }
}

record! {
    /// What a CPU keeps for itself. Sizes are in pages.
    pub struct Pageset {
        /// The CPU.
        cpu: u32 = "%d",
        /// 0 for hot pages, 1 for cold ones. Before 2.6.25.
        pcp: Option<u32> = " pcp: %d",
        /// `count`, `high` and `batch`, on older kernels.
        old_sizes: Labels = "\n{              %6u: \n}",
        /// `count`, `high` and `batch`, since 6.7 `high_min` and `high_max`.
        sizes: Labels = "{              %9u: \n}",
        /// By how much a count may differ here before others see it. With several CPUs alone.
        vm_stats_threshold: Maybe<u32> = "{  vm stats threshold: %d\n}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/zoneinfo");

    #[test]
    fn a_zone_has_its_marks_and_its_counts() {
        let zones: Zoneinfo = law::holds(HERE);
        let normal = &zones.rows[2];
        assert_eq!((normal.node, &*normal.zone), (0, &b"Normal"[..]));
        assert_eq!(normal.counters.number("nr_free_pages"), Some(normal.free));
        let page = |name| normal.pages.number(name).unwrap();
        assert!(page("min") < page("low") && page("low") < page("high"));
        assert!(page("managed") <= page("present") && page("present") <= page("spanned"));
        let sets = normal.pagesets.as_ref().unwrap();
        assert_eq!((sets.cpus.len(), sets.cpus[1].cpu), (2, 1));
        assert!(sets.cpus[0].sizes.number("high_max") > Some(0));
        let fields = normal.fields();
        for name in ["min", "nr_mlock", "start_pfn", "node_unreclaimable"] {
            assert!(fields.find(name).is_some(), "{name}");
        }
        assert!(zones.rows[0].fields().find("per_node.nr_dirty").is_some());
        assert!(zones.rows[3].pagesets.is_none(), "Movable is empty");
    }

    #[test]
    fn zones_keep_as_much_as_was_set() {
        let zones: Zoneinfo = law::holds(&std::fs::read("/proc/zoneinfo").unwrap());
        let kept = zones.rows.iter().filter(|zone| zone.zone != b"Movable");
        let kept = kept.filter_map(|zone| {
            Some(zone.pages.number("min")? - zone.pages.number("boost").unwrap_or(0))
        });
        let set = std::fs::read_to_string("/proc/sys/vm/min_free_kbytes").unwrap();
        let set = set.trim().parse::<u64>().unwrap() / 4;
        // Each zone's part is rounded down.
        assert!(set - kept.sum::<u64>() < 8);
    }

    #[test]
    fn older_kernels_have_other_columns() {
        // Made by hand after the form of Linux 2.6.24 and 4.8.
        let old = "Node 0, zone      DMA\n  pages free     9\n        min      1\n        scanned  0\n        spanned  4096\n    nr_free_pages 9\n    nr_dirty     2\n        protection: (0, 994)\n  pagesets\n    cpu: 0 pcp: 1\n              count: 5\n              high:  62\n              batch: 15\n  vm stats threshold: 8\n  all_unreclaimable: 1\n  prev_priority:     12\n  start_pfn:         0\n";
        let newer = "Node 1, zone   Normal\n  per-node stats\n      nr_dirty     7\n  pages free     9\n        high     3\n   node_scanned  4\n        spanned  4096\n      nr_free_pages 9\n        protection: (0)\n  pagesets\n    cpu: 0\n              count: 5\n              high:  6\n              batch: 1\n  node_unreclaimable:  0\n  start_pfn:           1\n  node_inactive_ratio: 1\n";
        let zones: Zoneinfo = law::holds(format!("{old}{newer}").as_bytes());
        let fields = zones.rows[0].fields();
        for (name, value) in [("scanned", 0), ("nr_dirty", 2), ("all_unreclaimable", 1)] {
            assert_eq!(fields.find(name), Some(&crate::Value::Int(value)), "{name}");
        }
        assert_eq!(
            zones.rows[0].old_protection.as_ref().unwrap().pages,
            [0, 994]
        );
        assert_eq!(
            zones.rows[0].pagesets.as_ref().unwrap().cpus[0].pcp,
            Some(1)
        );
        assert_eq!(zones.rows[1].node_scanned.0, Some(4));
        assert_eq!(
            zones.rows[1].fields().find("start_pfn"),
            Some(&crate::Value::Int(1))
        );
        law::mutants::<Zoneinfo>(&[old.as_bytes(), newer.as_bytes()], 10_000);
    }
}
