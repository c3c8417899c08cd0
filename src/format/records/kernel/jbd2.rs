//! `/proc/fs/jbd2/…/info`: what the journal of a file system did.

use crate::format::{Maybe, record};

record! {
    /// What the journal of an ext4 file system did.
    ///
    /// `/proc/fs/jbd2/DEVICE-INODE/info` (`jbd2_seq_info_show`).
    pub struct Jbd2Info: "fs/jbd2/*/info" {
        /// Transactions, a count.
        transactions: u64 = "%u transactions (",
        /// Those that someone asked for, a count.
        requested: u64 = "%u requested), each up to ",
        /// How large one can be, in blocks.
        max_blocks: u32 = "%u blocks\n",
        /// What one was like on average. Missing before the first.
        average: Maybe<Jbd2Average> = "{average: \n%r}",
    }
}

record! {
    /// What a transaction was like on average.
    pub struct Jbd2Average {
        /// How long it waited to begin, in milliseconds.
        waiting_ms: u32 = "  %ums waiting for transaction\n",
        /// How long those waited who asked for it, in milliseconds.
        request_delay_ms: u32 = "  %ums request delay\n",
        /// How long it ran, in milliseconds.
        running_ms: u32 = "  %ums running transaction\n",
        /// How long it was locked, in milliseconds.
        locked_ms: u32 = "  %ums transaction was being locked\n",
        /// How long data was written before it, in milliseconds.
        flushing_ms: u32 = "  %ums flushing data (in ordered mode)\n",
        /// How long it was written, in milliseconds.
        logging_ms: u32 = "  %ums logging transaction\n",
        /// How long it took to commit, in microseconds.
        commit_us: u64 = "  %uus average transaction commit time\n",
        /// Handles in it, a count.
        handles: u64 = "  %u handles per transaction\n",
        /// Blocks in it, a count.
        blocks: u64 = "  %u blocks per transaction\n",
        /// Blocks of the journal that it took, a count.
        logged_blocks: u64 = "  %u logged blocks per transaction\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_journal_says_what_its_transactions_were_like() {
        // Made by hand after the form of Linux 5.10; no file system here has a journal.
        let new = b"0 transactions (0 requested), each up to 8192 blocks\n";
        let used = b"90 transactions (80 requested), each up to 8192 blocks\naverage: \n  0ms waiting for transaction\n  1ms request delay\n  2ms running transaction\n  3ms transaction was being locked\n  4ms flushing data (in ordered mode)\n  5ms logging transaction\n  6789us average transaction commit time\n  7 handles per transaction\n  8 blocks per transaction\n  9 logged blocks per transaction\n";
        assert!(law::holds::<Jbd2Info>(new).average.is_none());
        let info: Jbd2Info = law::holds(used);
        assert_eq!((info.transactions, info.requested), (90, 80));
        let average = info.average.as_ref().unwrap();
        assert_eq!((average.commit_us, average.logged_blocks), (6789, 9));
        law::mutants::<Jbd2Info>(&[new, used], 5_000);
    }
}
