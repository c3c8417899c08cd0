//! One run of one program, and what many runs come to.

use std::{
    io::{self, Read as _},
    mem::MaybeUninit,
    process::{Command, Stdio},
    time::Instant,
};

use serde_json::{Value, json};

/// What one run of a program took, from before its start to after its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// In milliseconds, as the next two.
    pub(crate) wall: f64,
    pub(crate) user: f64,
    pub(crate) sys: f64,
    /// In KiB.
    pub(crate) peak: f64,
}

/// Runs `command` to its end, its output thrown away.
pub(crate) fn run(command: &mut Command) -> io::Result<Sample> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let child = command.spawn()?;
    let pid = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to live memory; the child is ours and nobody else waits for it.
    while unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let wall = start.elapsed().as_secs_f64() * 1e3;
    // SAFETY: it is made of numbers, all zero at first, and the kernel has written it.
    let usage = unsafe { usage.assume_init() };
    if status != 0 {
        let text = format!(
            "{}: ended with {status:#x}",
            command.get_program().display()
        );
        return Err(io::Error::other(text));
    }
    Ok(Sample {
        wall,
        user: milliseconds(usage.ru_utime),
        sys: milliseconds(usage.ru_stime),
        peak: float(usage.ru_maxrss),
    })
}

/// How many lines it prints. They are not kept: the peak memory of a program that is started
/// counts from that of the one who starts it.
pub(crate) fn lines(command: &mut Command) -> io::Result<usize> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut lines = 0;
    if let Some(mut out) = child.stdout.take() {
        let mut buffer = [0; 8192];
        loop {
            match out.read(&mut buffer)? {
                0 => break,
                got => lines += buffer[..got].split(|b| *b == b'\n').count() - 1,
            }
        }
    }
    child.wait()?;
    Ok(lines)
}

fn milliseconds(time: libc::timeval) -> f64 {
    float(time.tv_sec) * 1e3 + float(time.tv_usec) / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn float(n: i64) -> f64 {
    n as f64
}

/// What several runs come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let (half, odd) = (values.len() / 2, values.len() % 2 == 1);
        Self {
            median: if odd {
                at(half)
            } else {
                f64::midpoint(at(half.wrapping_sub(1)), at(half))
            },
            min: at(0),
            max: at(values.len().wrapping_sub(1)),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let round = |value: f64| (value * 1e3).round() / 1e3;
        json!({
            "median": round(self.median),
            "min": round(self.min),
            "max": round(self.max),
        })
    }
}

/// The runs of one program, one a round.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(pub(crate) Vec<Sample>);

impl Samples {
    pub(crate) fn spread(&self, of: impl Fn(&Sample) -> f64) -> Spread {
        Spread::of(self.0.iter().map(of))
    }

    pub(crate) fn wall(&self) -> Spread {
        self.spread(|sample| sample.wall)
    }

    /// How long it took for one that `other` took in the same round.
    pub(crate) fn ratio(&self, other: &Self) -> Spread {
        self.ratio_of(other, |sample| sample.wall)
    }

    /// The same of processor time, all threads together: what others do on the machine, and how
    /// many cores there are, matters less to it.
    pub(crate) fn cpu_ratio(&self, other: &Self) -> Spread {
        self.ratio_of(other, |sample| sample.user + sample.sys)
    }

    fn ratio_of(&self, other: &Self, of: impl Fn(&Sample) -> f64) -> Spread {
        let rounds = self.0.iter().zip(&other.0);
        Spread::of(rounds.map(|(this, other)| of(this) / of(other)))
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "wall_ms": self.wall().json(),
            "user_ms": self.spread(|sample| sample.user).json(),
            "sys_ms": self.spread(|sample| sample.sys).json(),
            "peak_kib": self.spread(|sample| sample.peak).json(),
        })
    }
}

/// Runs all `commands` in turns, `rounds` times, each round in another order: what a program
/// leaves in the caches of which processor is some per cent to the next one.
pub(crate) fn in_turns(commands: &mut [Command], rounds: usize) -> io::Result<Vec<Samples>> {
    let mut samples = vec![Samples::default(); commands.len()];
    for command in &mut *commands {
        // Once for nothing: what is read from a disk is in memory then.
        run(command)?;
    }
    let mut order: Vec<_> = (0..commands.len()).collect();
    let mut chance = Chance(1);
    for _ in 0..rounds {
        for last in (1..order.len()).rev() {
            order.swap(last, chance.up_to(last));
        }
        for &index in &order {
            samples[index].0.push(run(&mut commands[index])?);
        }
    }
    Ok(samples)
}

/// Numbers without a pattern, the same ones each time (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn up_to(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % (most + 1)
    }
}
