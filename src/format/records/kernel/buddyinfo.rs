//! `/proc/buddyinfo`: how many free pieces of memory there are of each size.

use crate::format::{Rows, record};

record! {
    /// How many free pieces of memory there are of each size.
    ///
    /// `/proc/buddyinfo` (`frag_show_print` of `mm/vmstat.c`).
    pub struct Buddyinfo: "buddyinfo" {
        /// The zones of each node.
        rows: Rows<BuddyZone> = "{%r}",
    }
}

record! {
    /// The free pieces of one zone.
    pub struct BuddyZone {
        /// Node of the memory.
        node: u32 = "Node %d, ",
        /// Zone: `DMA32`, `Normal`.
        zone: Vec<u8> = "zone %8s ",
        /// How many pieces of 2^n pages are free, from n = 0 on.
        free: Vec<u64> = "%6u{ } \n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{kernel::Vmstat, law};

    #[test]
    fn pieces_add_up_to_what_is_free() {
        let free = || {
            let vmstat = Vmstat::parse(&std::fs::read("/proc/vmstat").unwrap()).unwrap();
            vmstat.counters.find("nr_free_pages").unwrap()
        };
        // Free memory that a CPU keeps for itself is in no piece, and others work meanwhile.
        let near = (0..100).any(|_| {
            let before = free();
            let buddyinfo: Buddyinfo = law::holds(&std::fs::read("/proc/buddyinfo").unwrap());
            let after = free();
            let pages = buddyinfo
                .rows
                .iter()
                .flat_map(|zone| zone.free.iter().enumerate());
            let sum: u64 = pages.map(|(order, &count)| count << order).sum();
            let (low, high) = (before.min(after), before.max(after));
            sum > low - low / 50 && sum < high + high / 50
        });
        assert!(near);
    }

    #[test]
    fn each_kernel_has_its_sizes() {
        let file =
            b"Node 0, zone      DMA      1      0      3 \nNode 1, zone  Movable 1234567      0 \n";
        let buddyinfo: Buddyinfo = law::holds(file);
        assert_eq!(
            (buddyinfo.rows[0].node, &*buddyinfo.rows[0].free),
            (0, &[1, 0, 3][..])
        );
        assert_eq!(buddyinfo.rows[1].free, [1_234_567, 0]);
        assert_eq!(buddyinfo.rows[1].zone, b"Movable");
        law::mutants::<Buddyinfo>(&[file], 5_000);
    }
}
