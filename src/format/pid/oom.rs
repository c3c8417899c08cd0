//! `/proc/PID/oom_score`, `oom_score_adj`, `oom_adj`: whom the kernel kills when memory is short.

use crate::format::record;

record! {
    /// How likely the process is killed when memory is short.
    ///
    /// `/proc/PID/oom_score` (`proc_oom_score`).
    pub struct OomScore: "oom_score" {
        /// From 0, never, to 2000; the highest is killed first. Before 2.6.36 there is no upper
        /// end.
        oom_score: u64 = "%u\n",
    }
}

record! {
    /// What is added to that likelihood.
    ///
    /// `/proc/PID/oom_score_adj` (`oom_score_adj_read`), since 2.6.36.
    pub struct OomScoreAdj: "oom_score_adj" {
        /// From -1000, never killed, to 1000, killed first.
        oom_score_adj: i32 = "%d\n",
    }
}

record! {
    /// What is added to that likelihood, in the scale of old kernels.
    ///
    /// `/proc/PID/oom_adj` (`oom_adj_read`). Deprecated since 2.6.36, and still there.
    pub struct OomAdj: "oom_adj" {
        /// From -16 to 15; -17 is never killed.
        oom_adj: i32 = "%d\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    /// The kernel computes the one from the other (`oom_adj_read`).
    #[test]
    fn both_scales_say_the_same() {
        for (score, adj) in law::live("oom_score_adj").iter().zip(law::live("oom_adj")) {
            let score: OomScoreAdj = law::holds(score);
            let adj: OomAdj = law::holds(&adj);
            // Processes come and go between the two readings.
            if score.oom_score_adj == 0 || adj.oom_adj == 0 {
                continue;
            }
            assert_eq!(score.oom_score_adj.signum(), adj.oom_adj.signum());
        }
        assert_eq!(law::holds::<OomAdj>(b"-17\n").oom_adj, -17);
        assert_eq!(law::holds::<OomScoreAdj>(b"-1000\n").oom_score_adj, -1000);
    }

    #[test]
    fn the_score_is_in_its_range() {
        for file in law::live("oom_score") {
            assert!(law::holds::<OomScore>(&file).oom_score <= 2000);
        }
        law::mutants::<OomScore>(&[b"666\n"], 500);
    }
}
