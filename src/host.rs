//! `Host`: facts of the machine as plain values, and what follows from them.

use std::{
    num::NonZeroU64,
    time::{Duration, SystemTime},
};

use crate::{Error, ErrorKind, Result, ids::OVERFLOW_ID};

const NANOS_PER_SEC: NonZeroU64 = NonZeroU64::MIN.saturating_add(999_999_999);

/// Facts of the machine, without which the kernel's units mean nothing.
///
/// They are given from outside, once and before any container is looked at: a container can show
/// another boot time in its `/proc/stat`. What [`new`](Self::new) does not ask for has the value
/// that most machines have, and may be set:
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use psgo::host::Host;
///
/// let booted = SystemTime::UNIX_EPOCH + Duration::from_secs(1_575_885_000);
/// let mut host = Host::new(100, 4096, booted)?;
/// host.last_cap = 37;
///
/// assert_eq!(host.ticks(1398), Duration::from_millis(13_980));
/// assert_eq!(host.started_at(3600), booted + Duration::from_secs(36));
/// let now = Duration::from_secs(136);
/// assert_eq!(host.age(3600, now), Duration::from_secs(100));
/// assert_eq!(host.cpu_percent(50, 3600, now), 0.5);
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Host {
    /// How many ticks a second has in `/proc` (`AT_CLKTCK` of the auxiliary vector, the kernel's
    /// `USER_HZ`): 100, nearly everywhere.
    pub ticks_per_second: NonZeroU64,
    /// Bytes in a page of memory (`AT_PAGESZ`).
    pub page_size: u64,
    /// When the machine booted, since the Unix epoch.
    pub(crate) boot: Duration,
    /// The kernel's last capability (`/proc/sys/kernel/cap_last_cap`): 40 since Linux 5.9.
    pub last_cap: u8,
    /// What stands for a user that has no id in a user namespace
    /// (`/proc/sys/kernel/overflowuid`): 65534.
    pub overflow_uid: u32,
    /// What stands for a group that has no id in a user namespace
    /// (`/proc/sys/kernel/overflowgid`): 65534.
    pub overflow_gid: u32,
}

impl Host {
    /// A machine with so many ticks in a second and bytes in a page, that booted at that moment; for
    /// the rest, one like most.
    ///
    /// The moment of boot is the wall clock's time less that of `CLOCK_BOOTTIME`, or `btime` of
    /// `/proc/stat`, which is whole seconds. It is that of the reader's time namespace, as all times
    /// since boot in `/proc` are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if a second has no ticks, or the machine booted before 1970.
    pub fn new(ticks_per_second: u64, page_size: u64, boot: SystemTime) -> Result<Self> {
        let boot = boot
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_err(|_| Error::new(ErrorKind::Invalid, "boot time", "it is before 1970"))?;
        Self::booted(ticks_per_second, page_size, boot)
    }

    /// The same, booted so long after the Unix epoch.
    pub(crate) fn booted(ticks_per_second: u64, page_size: u64, boot: Duration) -> Result<Self> {
        let ticks_per_second = NonZeroU64::new(ticks_per_second)
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "ticks per second", "0 tells no time"))?;
        Ok(Self {
            ticks_per_second,
            page_size,
            boot,
            last_cap: 40,
            overflow_uid: OVERFLOW_ID,
            overflow_gid: OVERFLOW_ID,
        })
    }

    /// How long so many ticks are (`utime`, `stime`, `starttime` of `/proc/PID/stat`); exact,
    /// where a tick is a whole number of nanoseconds, else rounded down to one.
    #[must_use]
    pub fn ticks(&self, ticks: u64) -> Duration {
        let hz = self.ticks_per_second;
        let nanos = share(ticks % hz, NANOS_PER_SEC, hz);
        // Less than a second of ticks is less than 10^9 nanoseconds: this never falls back.
        Duration::new(ticks / hz, u32::try_from(nanos).unwrap_or(0))
    }

    /// How many bytes so many pages are (`rss` of `/proc/PID/stat`, `/proc/PID/statm`); at most
    /// `u64::MAX`.
    #[must_use]
    pub fn pages(&self, pages: u64) -> u64 {
        pages.saturating_mul(self.page_size)
    }

    /// When the machine booted.
    #[must_use]
    pub fn boot_time(&self) -> SystemTime {
        moment(self.boot)
    }

    /// When a process started: `starttime` ticks (`/proc/PID/stat`, field 22) after boot.
    ///
    /// It is rounded to the nearest tick. The boot time is a difference of two clocks, and comes out
    /// some microseconds different each time: two runs should still give one time. What the
    /// system's clock cannot hold is its last moment.
    #[must_use]
    pub fn started_at(&self, starttime: u64) -> SystemTime {
        moment(self.started(starttime))
    }

    /// The same, since the Unix epoch.
    #[must_use]
    pub(crate) fn started(&self, starttime: u64) -> Duration {
        let started = self.boot.saturating_add(self.ticks(starttime));
        let hz = u128::from(self.ticks_per_second.get());
        let nanos = u128::from(started.subsec_nanos());
        let second = u128::from(NANOS_PER_SEC.get());
        let ticks = (nanos * hz + second / 2) / second;
        let rounded = self.ticks(saturate(ticks));
        Duration::from_secs(started.as_secs()).saturating_add(rounded)
    }

    /// How old a process is that started `starttime` ticks after boot, `now` after boot
    /// (`CLOCK_BOOTTIME`, the first number of `/proc/uptime`), in whole ticks; 0 for one that
    /// starts after `now`, as those do that are read after the clock was.
    #[must_use]
    pub fn age(&self, starttime: u64, now: Duration) -> Duration {
        self.ticks(self.age_in_ticks(starttime, now))
    }

    /// How much of one processor a process has used over its life, in percent: its `used` ticks
    /// (`utime` and `stime` of `/proc/PID/stat`) of its [`age`](Self::age).
    ///
    /// The age counts as one tick at least, so this is a number, and never negative. It is over
    /// 100 for a process that kept more than one processor busy.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "2^53 ticks are three million years"
    )]
    pub fn cpu_percent(&self, used: u64, starttime: u64, now: Duration) -> f64 {
        let age = self.age_in_ticks(starttime, now).max(1);
        // One division, and of whole numbers: 29 of 100 ticks are 29, not 28.999999999999996.
        used as f64 * 100.0 / age as f64
    }

    fn age_in_ticks(&self, starttime: u64, now: Duration) -> u64 {
        let hz = self.ticks_per_second;
        let whole = now.as_secs().saturating_mul(hz.get());
        let part = share(now.subsec_nanos().into(), hz, NANOS_PER_SEC);
        whole.saturating_add(part).saturating_sub(starttime)
    }
}

/// `part` times `of`, by `whole`, rounded down; the part is less than the whole.
fn share(part: u64, of: NonZeroU64, whole: NonZeroU64) -> u64 {
    match part.checked_mul(of.get()) {
        Some(product) => product / whole,
        None => saturate(u128::from(part) * u128::from(of.get()) / u128::from(whole.get())),
    }
}

/// So long after the Unix epoch; what the system's clock cannot hold is its last second.
fn moment(since_epoch: Duration) -> SystemTime {
    const LAST: Duration = Duration::from_secs(i64::MAX.cast_unsigned());
    let add = |time| SystemTime::UNIX_EPOCH.checked_add(time);
    let moment = add(since_epoch).or_else(|| add(LAST));
    moment.unwrap_or(SystemTime::UNIX_EPOCH)
}

fn saturate(ticks: u128) -> u64 {
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: Duration = Duration::new(1_575_885_000, 123_456_789);

    fn host(ticks_per_second: u64) -> Host {
        Host::booted(ticks_per_second, 4096, BOOT).unwrap()
    }

    #[test]
    fn a_second_without_ticks_is_refused() {
        let error = Host::booted(0, 4096, BOOT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a_moment_is_that_of_the_clock() {
        let boot = SystemTime::UNIX_EPOCH + BOOT;
        let host = Host::new(100, 4096, boot).unwrap();
        assert_eq!(host.boot_time(), boot);
        assert_eq!(
            host.started_at(188),
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_575_885_002)
        );
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        let error = Host::new(100, 4096, before).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(host.started_at(u64::MAX) > SystemTime::now());
    }

    #[test]
    fn ticks_keep_the_part_of_a_second() {
        assert_eq!(host(100).ticks(0), Duration::ZERO);
        assert_eq!(host(100).ticks(1), Duration::from_millis(10));
        assert_eq!(host(100).ticks(1398), Duration::from_millis(13_980));
        assert_eq!(host(1024).ticks(1025), Duration::new(1, 976_562));
    }

    #[test]
    fn the_start_is_told_to_the_tick() {
        assert_eq!(
            host(100).started(0),
            Duration::new(1_575_885_000, 120_000_000)
        );
        assert_eq!(host(100).started(188), Duration::new(1_575_885_002, 0));
        assert_eq!(
            host(1000).started(0),
            Duration::new(1_575_885_000, 123_000_000)
        );
    }

    #[test]
    fn a_boot_time_that_trembles_moves_no_start() {
        let mut host = host(100);
        let told = host.started(54_321);
        for nanos in [120_000_000, 123_400_000, 124_999_999, 115_000_000] {
            host.boot = Duration::new(BOOT.as_secs(), nanos);
            assert_eq!(host.started(54_321), told, "{nanos}");
        }
        // Up to the next second as well.
        host.boot = Duration::new(9, 999_000_000);
        assert_eq!(host.started(0), Duration::from_secs(10));
        host.boot = Duration::new(10, 1_000_000);
        assert_eq!(host.started(0), Duration::from_secs(10));
    }

    #[test]
    fn an_age_is_whole_ticks() {
        let now = Duration::new(100, 19_999_999);
        assert_eq!(host(100).age(0, now), Duration::from_millis(100_010));
        assert_eq!(host(100).age(10_000, now), Duration::from_millis(10));
        assert_eq!(host(100).age(10_001, now), Duration::ZERO);
    }

    #[test]
    fn a_process_from_after_now_is_not_of_negative_age() {
        assert_eq!(host(100).age(101, Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(host(100).age(u64::MAX, Duration::ZERO), Duration::ZERO);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn a_percentage_is_always_a_number() {
        let host = host(100);
        let now = Duration::from_secs(1);
        assert_eq!(host.cpu_percent(29, 0, now), 29.0);
        assert_eq!(host.cpu_percent(1, 0, now), 1.0);
        assert_eq!(host.cpu_percent(400, 0, now), 400.0);
        assert_eq!(host.cpu_percent(0, 100, now), 0.0);
        assert_eq!(host.cpu_percent(1, 100, now), 100.0);
        assert_eq!(host.cpu_percent(1, u64::MAX, now), 100.0);
    }

    #[test]
    fn nothing_overflows() {
        let ends = [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX];
        let times = [Duration::ZERO, BOOT, Duration::MAX];
        for hz in [1, 3, 100, 1024, 999_999_999, 1_000_000_001, u64::MAX] {
            for (a, time) in ends.iter().flat_map(|a| times.map(|time| (*a, time))) {
                let mut host = host(hz);
                host.boot = time;
                assert!(host.ticks(a).as_secs() <= a);
                // Rounding down may take up to half a tick.
                assert!(host.started(a) >= time.saturating_sub(Duration::from_millis(500)));
                assert!(host.age(a, time) <= time);
                for b in ends {
                    let percent = host.cpu_percent(b, a, time);
                    assert!(percent.is_finite() && percent >= 0.0);
                }
            }
        }
        assert_eq!(host(1).ticks(u64::MAX), Duration::from_secs(u64::MAX));
        assert_eq!(host(1).started(u64::MAX), Duration::MAX);
        let most = host(u64::MAX).ticks(u64::MAX);
        assert_eq!(host(u64::MAX).age(0, Duration::MAX), most);
        assert_eq!(host(1).pages(u64::MAX), u64::MAX);
        assert_eq!(host(1).pages(3), 12_288);
    }
}
