//! Device numbers and names of terminals.
//!
//! A process's controlling terminal is a number, `tty_nr` in `/proc/PID/stat`. Its name is worked
//! out here, by the kernel's own rules and the rows of `/proc/tty/drivers`, and not by looking for
//! a node of that number in some `/dev`: a container may have no nodes, or others.
//!
//! The name is that in the devpts instance where the terminal was made. Each instance counts from
//! 0, so `pts/0` of a host and `pts/0` of a container can be two terminals with one number.

use crate::Text;

/// One row of `/proc/tty/drivers`: a range of device numbers and what its nodes are called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Driver {
    /// The path that its nodes begin with, `/dev/ttyS`; or the path of its only node,
    /// `/dev/console`.
    pub node: Vec<u8>,
    /// The major device number, 12 bits.
    pub major: u32,
    /// The first minor device number, 20 bits.
    pub first_minor: u32,
    /// The last minor device number, the same as the first for a single one.
    pub last_minor: u32,
}

impl Driver {
    /// The row that says so.
    #[must_use]
    pub fn new(node: impl Into<Vec<u8>>, major: u32, first_minor: u32, last_minor: u32) -> Self {
        Self {
            node: node.into(),
            major,
            first_minor,
            last_minor,
        }
    }

    /// What stands in the names of the nodes before the number; `None` if that would be no name.
    fn stem(&self) -> Option<&[u8]> {
        let node = self.node.as_slice();
        let stem = node.strip_prefix(b"/dev/").unwrap_or(node);
        (!stem.is_empty()).then_some(stem)
    }

    /// Whether the row tells the whole name of one node. It does not say so itself: there is
    /// no mark of the kernel's `TTY_DRIVER_UNNUMBERED_NODE` in the file.
    fn is_one_node(&self) -> bool {
        // Major 5 is that of the odd ones: tty, console, ptmx, ttyprintk.
        self.first_minor == self.last_minor
            && (self.major == ODD_MAJOR || self.stem() == Some(b"ttynull"))
    }

    /// What the kernel adds to a node's place in the row for its number (`name_base`).
    fn base(&self) -> u32 {
        // The virtual consoles have a base too, but need no row. These are the s390's.
        u32::from(self.stem() == Some(b"3270/tty")) * self.first_minor
    }

    fn has(&self, device: Device) -> bool {
        self.major == device.major && (self.first_minor..=self.last_minor).contains(&device.minor)
    }

    /// The name of `device`, which is in the row.
    fn name(&self, device: Device) -> Option<Text> {
        let stem = self.stem()?;
        if self.is_one_node() {
            return Some(Text::from(stem));
        }
        let place = device.minor.checked_sub(self.first_minor)?;
        Some(numbered(stem, place.checked_add(self.base())?))
    }

    /// The device that may have that name: [`name`] must agree.
    fn device(&self, name: &[u8]) -> Option<Device> {
        let stem = self.stem()?;
        let minor = if self.is_one_node() {
            (name == stem).then_some(self.first_minor)?
        } else {
            let number = decimal(name.strip_prefix(stem)?)?;
            let place = number.checked_sub(self.base())?;
            self.first_minor.checked_add(place)?
        };
        Some(Device {
            major: self.major,
            minor,
        })
    }
}

/// The name, without `/dev/`, of the terminal with the number `tty_nr` (`/proc/PID/stat`, field
/// 7; the kernel's `new_encode_dev`, in a signed integer): `pts/3`, `tty1`, `ttyS0`, `console`.
///
/// Pseudo-terminals, virtual consoles and the nodes of major 5 have the same numbers on every
/// Linux. All others are named by the first row of `drivers` (`/proc/tty/drivers`) that has them;
/// 4:64 and above are serial lines unless a row says otherwise. `None` for 0, which is no
/// terminal, and for numbers without a name.
///
/// ```
/// use psgo::{Text, tty::{self, Driver}};
///
/// assert_eq!(tty::name(34_816, &[]), Some(Text::word("pts/0")));
/// assert_eq!(tty::name(1_083_392, &[]), Some(Text::word("pts/256")));
/// assert_eq!(tty::name(0, &[]), None);
///
/// let drivers = [Driver::new("/dev/hvc", 229, 0, 7)];
/// assert_eq!(tty::name(229 << 8 | 2, &drivers), Some(Text::word("hvc2")));
/// ```
#[must_use]
pub fn name(tty_nr: i32, drivers: &[Driver]) -> Option<Text> {
    if tty_nr == 0 {
        return None;
    }
    let device = Device::decode(tty_nr);
    fixed_name(device)
        .or_else(|| {
            let driver = drivers.iter().find(|driver| driver.has(device))?;
            driver.name(device)
        })
        .or_else(|| {
            let place = device.minor.checked_sub(FIRST_SERIAL)?;
            let is_serial = device.major == CONSOLE_MAJOR && device.minor <= 255;
            is_serial.then(|| numbered(b"ttyS", place))
        })
}

/// The `tty_nr` of the terminal of that name, with or without `/dev/`: the number whose [`name`],
/// by the same rows, is exactly that. `None` if there is none.
///
/// ```
/// use psgo::tty;
///
/// assert_eq!(tty::number(b"pts/256", &[]), Some(1_083_392));
/// assert_eq!(tty::number(b"/dev/tty1", &[]), Some(1_025));
/// assert_eq!(tty::number(b"pts/007", &[]), None);
/// ```
#[must_use]
pub fn number(name: &[u8], drivers: &[Driver]) -> Option<i32> {
    let name = name.strip_prefix(b"/dev/").unwrap_or(name);
    let rows = drivers.iter().filter_map(|driver| driver.device(name));
    fixed_device(name)
        .into_iter()
        .chain(rows)
        .find_map(|device| {
            let tty_nr = device.encode()?;
            let back = self::name(tty_nr, drivers)?;
            (back.as_bytes() == name).then_some(tty_nr)
        })
}

/// `tty_nr` from the numbers of a device, as in `st_rdev` of its node; `None` if they are too
/// large for the kernel (12 and 20 bits).
///
/// ```
/// assert_eq!(psgo::tty::encode(136, 256), Some(1_083_392));
/// ```
#[must_use]
pub const fn encode(major: u32, minor: u32) -> Option<i32> {
    Device { major, minor }.encode()
}

/// A device, by the kernel's two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Device {
    major: u32,
    minor: u32,
}

impl Device {
    /// The kernel's `new_decode_dev`. The upper bits of the minor number are the sign bit and
    /// those after it: from `pts/524288` on, `tty_nr` is negative.
    const fn decode(tty_nr: i32) -> Self {
        let bits = tty_nr.cast_unsigned();
        Self {
            major: bits >> 8 & 0xfff,
            minor: bits & 0xff | bits >> 12 & 0xf_ff00,
        }
    }

    /// The kernel's `new_encode_dev`.
    const fn encode(self) -> Option<i32> {
        if self.major > 0xfff || self.minor > 0xf_ffff {
            return None;
        }
        let bits = self.minor & 0xff | self.major << 8 | (self.minor & !0xff) << 12;
        Some(bits.cast_signed())
    }
}

/// `TTY_MAJOR`: virtual consoles, and serial lines from [`FIRST_SERIAL`] on.
const CONSOLE_MAJOR: u32 = 4;
const FIRST_SERIAL: u32 = 64;
/// `TTYAUX_MAJOR`: devices that are one of their kind.
const ODD_MAJOR: u32 = 5;
/// `PTY_MASTER_MAJOR`, and `PTY_SLAVE_MAJOR` after it: BSD's pseudo-terminals.
const BSD_MAJOR: u32 = 2;
/// `UNIX98_PTY_SLAVE_MAJOR` and the seven after it. Since minor numbers have 20 bits the first
/// holds every pseudo-terminal; before, each held 256, and the seven are still set aside for that.
const PTS_MAJOR: u32 = 136;
const LAST_PTS_MAJOR: u32 = 143;

/// The first letters of BSD's pseudo-terminals, in the kernel's order (`ptychar`).
const BSD_LETTERS: &[u8; 16] = b"pqrstuvwxyzabcde";
const BSD_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The name of a device that has the same one on every Linux.
fn fixed_name(device: Device) -> Option<Text> {
    let Device { major, minor } = device;
    match (major, minor) {
        (CONSOLE_MAJOR, ..FIRST_SERIAL) => Some(numbered(b"tty", minor)),
        (ODD_MAJOR, 0) => Some(Text::word("tty")),
        (ODD_MAJOR, 1) => Some(Text::word("console")),
        (ODD_MAJOR, 2) => Some(Text::word("ptmx")),
        // The rows of these would give ttyp10 for ttypa.
        (BSD_MAJOR | 3, ..256) => {
            let mut name = if major == BSD_MAJOR {
                *b"pty.."
            } else {
                *b"tty.."
            };
            name[3] = BSD_LETTERS[(minor >> 4 & 0xf) as usize];
            name[4] = BSD_DIGITS[(minor & 0xf) as usize];
            Some(Text::from(&name[..]))
        }
        (PTS_MAJOR, _) => Some(numbered(b"pts/", minor)),
        (PTS_MAJOR..=LAST_PTS_MAJOR, ..256) => {
            Some(numbered(b"pts/", (major - PTS_MAJOR) * 256 + minor))
        }
        _ => None,
    }
}

/// The device that may have that name on every Linux: [`name`] must agree.
fn fixed_device(name: &[u8]) -> Option<Device> {
    let (major, minor) = if let Some(number) = name.strip_prefix(b"pts/") {
        (PTS_MAJOR, decimal(number)?)
    } else if let Some(number) = name.strip_prefix(b"ttyS") {
        (CONSOLE_MAJOR, decimal(number)?.checked_add(FIRST_SERIAL)?)
    } else {
        match name {
            b"tty" => (ODD_MAJOR, 0),
            b"console" => (ODD_MAJOR, 1),
            b"ptmx" => (ODD_MAJOR, 2),
            &[kind @ (b'p' | b't'), b't', b'y', letter, digit] if !letter.is_ascii_digit() => {
                let letter = BSD_LETTERS.iter().position(|&b| b == letter)?;
                let digit = BSD_DIGITS.iter().position(|&b| b == digit)?;
                let minor = u32::try_from(letter * 16 + digit).ok()?;
                (BSD_MAJOR + u32::from(kind == b't'), minor)
            }
            _ => (CONSOLE_MAJOR, decimal(name.strip_prefix(b"tty")?)?),
        }
    };
    Some(Device { major, minor })
}

fn numbered(stem: &[u8], number: u32) -> Text {
    let mut name = Vec::with_capacity(stem.len() + 10);
    name.extend_from_slice(stem);
    name.extend_from_slice(number.to_string().as_bytes());
    Text::from(name.as_slice())
}

/// The number of these digits. It forgives a `+` and leading zeros, for [`name`] will not.
fn decimal(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{FileTypeExt, MetadataExt},
        path::{Path, PathBuf},
        process::{Command, Stdio},
    };

    use nix::{
        pty::openpty,
        sys::stat::{major, minor},
        unistd::ttyname,
    };

    use super::*;

    /// Rows as a machine with an emulated console and a few serial drivers has them.
    fn drivers() -> Vec<Driver> {
        vec![
            Driver::new("/dev/tty", 5, 0, 0),
            Driver::new("/dev/console", 5, 1, 1),
            Driver::new("/dev/ptmx", 5, 2, 2),
            Driver::new("/dev/ttyprintk", 5, 3, 3),
            Driver::new("/dev/vc/0", 4, 0, 0),
            Driver::new("/dev/ttyS", 4, 64, 64),
            Driver::new("/dev/pts", 136, 0, 1_048_575),
            Driver::new("/dev/ptm", 128, 0, 1_048_575),
            Driver::new("/dev/ttyp", 3, 0, 255),
            Driver::new("/dev/tty", 4, 1, 63),
            Driver::new("/dev/hvc", 229, 0, 7),
            Driver::new("/dev/ttyAMA", 204, 64, 77),
            Driver::new("/dev/ttynull", 240, 0, 0),
            Driver::new("/dev/3270/tty", 227, 1, 255),
        ]
    }

    fn text(major: u32, minor: u32, drivers: &[Driver]) -> String {
        let name = name(encode(major, minor).unwrap(), drivers);
        name.map_or_else(|| "?".into(), |name| name.to_string())
    }

    #[test]
    fn the_high_bits_of_a_minor_number_count() {
        assert_eq!(encode(136, 256), Some(1_083_392));
        assert_eq!(text(136, 255, &[]), "pts/255");
        assert_eq!(text(136, 256, &[]), "pts/256");
        assert_eq!(text(136, 300, &[]), "pts/300");
        assert_eq!(text(136, 1_048_575, &[]), "pts/1048575");
        assert!(encode(136, 524_288).unwrap() < 0);
        assert_eq!(encode(136, 1_048_576), None);
        assert_eq!(encode(4096, 0), None);
    }

    #[test]
    fn older_kernels_had_256_terminals_for_each_of_eight_majors() {
        assert_eq!(text(137, 5, &[]), "pts/261");
        assert_eq!(text(143, 255, &[]), "pts/2047");
        assert_eq!(text(137, 256, &[]), "?");
        assert_eq!(text(144, 0, &[]), "?");
    }

    #[test]
    fn consoles_and_serial_lines_share_a_major() {
        for drivers in [vec![], drivers()] {
            assert_eq!(text(4, 0, &drivers), "tty0");
            assert_eq!(text(4, 1, &drivers), "tty1");
            assert_eq!(text(4, 63, &drivers), "tty63");
            assert_eq!(text(4, 64, &drivers), "ttyS0");
            assert_eq!(text(4, 255, &drivers), "ttyS191");
            assert_eq!(text(4, 256, &drivers), "?");
            assert_eq!(text(5, 0, &drivers), "tty");
            assert_eq!(text(5, 1, &drivers), "console");
        }
    }

    #[test]
    fn a_row_names_what_the_kernel_does_not_fix() {
        let drivers = drivers();
        assert_eq!(text(229, 7, &drivers), "hvc7");
        assert_eq!(text(229, 8, &drivers), "?");
        assert_eq!(text(229, 0, &[]), "?");
        assert_eq!(text(204, 64, &drivers), "ttyAMA0");
        assert_eq!(text(204, 63, &drivers), "?");
        assert_eq!(text(227, 1, &drivers), "3270/tty1");
        assert_eq!(text(5, 3, &drivers), "ttyprintk");
        assert_eq!(text(240, 0, &drivers), "ttynull");
        // On an s390 4:65 is no serial line.
        let s390 = [Driver::new("/dev/ttysclp", 4, 65, 65)];
        assert_eq!(text(4, 65, &s390), "ttysclp0");
        assert_eq!(number(b"ttyS1", &s390), None);
    }

    #[test]
    fn old_pseudo_terminals_have_a_letter_and_a_hexadecimal_digit() {
        let drivers = drivers();
        assert_eq!(text(3, 0, &drivers), "ttyp0");
        assert_eq!(text(3, 10, &drivers), "ttypa");
        assert_eq!(text(3, 16, &drivers), "ttyq0");
        assert_eq!(text(3, 255, &drivers), "ttyef");
        assert_eq!(text(2, 255, &drivers), "ptyef");
    }

    #[test]
    fn no_terminal_has_no_name() {
        let all = [Driver::new("/dev/x", 0, 0, u32::MAX)];
        assert_eq!(name(0, &all), None);
        assert_eq!(name(0, &[]), None);
    }

    #[test]
    fn a_name_leads_back_to_its_number() {
        let drivers = drivers();
        let names = (0..=4095)
            .flat_map(|major| {
                [0, 1, 9, 10, 63, 64, 77, 99, 255, 256, 1_048_575].map(|m| (major, m))
            })
            .filter_map(|(major, minor)| {
                let tty_nr = encode(major, minor).unwrap();
                Some((tty_nr, name(tty_nr, &drivers)?))
            })
            .collect::<Vec<_>>();
        assert!(names.len() > 80);
        for (tty_nr, text) in names {
            let back = number(text.as_bytes(), &drivers);
            // The majors after 136 are another way to say pts/N, and the first way wins.
            let is_old = text.as_bytes().starts_with(b"pts/") && Device::decode(tty_nr).major > 136;
            assert_eq!(back == Some(tty_nr), !is_old, "{text}");
        }
    }

    #[test]
    fn what_is_no_name_has_no_number() {
        let wrong: [&[u8]; 16] = [
            b"",
            b"/dev/",
            b"?",
            b"pts",
            b"pts/",
            b"pts/-1",
            b"pts/+1",
            b"pts/01",
            b"pts/1048576",
            b"pts/4294967296",
            b"tty64",
            b"tty01",
            b"ttyS192",
            b"ttyS4294967295",
            b"hvc8",
            b"pts/1\n",
        ];
        for name in wrong {
            assert_eq!(number(name, &drivers()), None, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn rows_that_make_no_sense_do_no_harm() {
        let odd = [
            Driver::new("", 200, 0, 9),
            Driver::new("/dev/", 201, 0, 9),
            Driver::new("/dev/back", 202, 9, 0),
            Driver::new("/dev/far", u32::MAX, 0, u32::MAX),
            Driver::new("/dev/wide", 203, 0, u32::MAX),
            Driver::new("/dev/3270/tty", 205, u32::MAX, u32::MAX),
            Driver::new(*b"/dev/\xff\n", 206, 0, 9),
        ];
        for major in 200..=205 {
            let expected = if major == 203 { "wide5" } else { "?" };
            assert_eq!(text(major, 5, &odd), expected);
        }
        assert_eq!(text(206, 5, &odd), "\\xff\\n5");
        for name in ["5", "back5", "far5", "wide4294967295", "3270/tty4294967295"] {
            assert_eq!(number(name.as_bytes(), &odd), None, "{name}");
        }
    }

    fn tty_nr_of(node: &Path) -> i32 {
        let device = fs::metadata(node).unwrap().rdev();
        let [major, minor] = [major(device), minor(device)].map(|n| u32::try_from(n).unwrap());
        encode(major, minor).unwrap()
    }

    #[test]
    fn the_nodes_of_this_machine_have_the_names_that_the_kernel_gave_them() {
        let nodes = fs::read_dir("/dev")
            .unwrap()
            .map(|entry| entry.unwrap().path());
        for node in nodes.filter(|node| node.exists()) {
            let name = node
                .strip_prefix("/dev")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
            let is_known = matches!(name.as_str(), "tty" | "console")
                || ["tty", "ttyS"].contains(&&name[..name.len() - digits.len()]);
            if !is_known || !fs::metadata(&node).unwrap().file_type().is_char_device() {
                continue;
            }
            let tty_nr = tty_nr_of(&node);
            // A container's /dev/console is a pseudo-terminal by another name.
            if name == "console" && Device::decode(tty_nr).major == PTS_MAJOR {
                continue;
            }
            assert_eq!(self::name(tty_nr, &[]), Some(name.clone().into()));
            assert_eq!(number(node.to_str().unwrap().as_bytes(), &[]), Some(tty_nr));
        }
    }

    #[test]
    fn a_shell_on_the_257th_pseudo_terminal_is_on_pts_256() {
        // Fewer where the machine gives no more: what there is must be right.
        let pairs = std::iter::from_fn(|| openpty(None, None).ok())
            .take(300)
            .collect::<Vec<_>>();
        let nodes = pairs.iter().map(|pair| ttyname(&pair.slave).unwrap());
        let nodes = nodes.collect::<Vec<PathBuf>>();
        for node in &nodes {
            let name = node
                .strip_prefix("/dev")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            assert_eq!(self::name(tty_nr_of(node), &[]), Some(name.into()));
        }
        let (Some(last), Some(pair)) = (nodes.last(), pairs.last()) else {
            return;
        };
        // What the kernel itself writes for a process with that controlling terminal.
        let shell = Command::new("setsid")
            .args(["--ctty", "cat"])
            .stdin(Stdio::from(pair.slave.try_clone().unwrap()))
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut shell) = shell else { return };
        let stat = format!("/proc/{}/stat", shell.id());
        let tty_nr = (0..3000).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            let stat = fs::read_to_string(&stat).unwrap();
            let fields = stat.rsplit_once(") ").unwrap().1;
            Some(fields.split(' ').nth(4)?.parse().unwrap())
                .filter(|&nr: &i32| Device::decode(nr).major == PTS_MAJOR && stat.contains("(cat)"))
        });
        shell.kill().unwrap();
        shell.wait().unwrap();
        let tty_nr = tty_nr.unwrap();
        assert_eq!(tty_nr, tty_nr_of(last));
        assert_eq!(number(last.to_str().unwrap().as_bytes(), &[]), Some(tty_nr));
    }
}
