//! `Pid`, `Uid`, `Gid`: ids as types of their own.

use std::{fmt, num::ParseIntError, str::FromStr};

use crate::error::{Error, ErrorKind};

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            #[doc = concat!("The ", stringify!($name), " of that number.")]
            #[must_use]
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                Self(number)
            }
        }

        impl From<$name> for u32 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// A process id, in the PID namespace of the `/proc` that it came from.
    ///
    /// It converts from and to `pid_t` and nix's `Pid`. These are signed, and system calls give
    /// other meanings to 0 ("this process") and to negative numbers (process groups, errors): none
    /// of them is a process, so they are refused.
    ///
    /// ```
    /// use psgo::{ErrorKind, Pid};
    ///
    /// assert_eq!(Pid::try_from(42_i32)?, Pid::new(42));
    /// assert_eq!(i32::try_from(Pid::new(42))?, 42);
    /// for none in [0_i32, -1] {
    ///     assert_eq!(Pid::try_from(none).unwrap_err().kind(), ErrorKind::Invalid);
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    Pid
}
id! {
    /// A user id, in the user namespace of whoever read it. It converts from and to nix's `Uid`.
    Uid
}
id! {
    /// A group id, in the user namespace of whoever read it. It converts from and to nix's `Gid`.
    Gid
}

impl TryFrom<i32> for Pid {
    type Error = Error;

    /// From `pid_t`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for 0 and negative numbers, which are no processes.
    fn try_from(pid: i32) -> Result<Self, Error> {
        let number = u32::try_from(pid).ok().filter(|number| *number > 0);
        let invalid = || {
            Error::new(
                ErrorKind::Invalid,
                format!("pid {pid}"),
                "no process has that number",
            )
        };
        number.map(Self).ok_or_else(invalid)
    }
}

impl TryFrom<Pid> for i32 {
    type Error = Error;

    /// To `pid_t`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for 0, which stands for the caller in system calls, and for numbers
    /// that `pid_t` cannot hold.
    fn try_from(pid: Pid) -> Result<Self, Error> {
        let number = Self::try_from(pid.0).ok().filter(|number| *number > 0);
        let invalid = || {
            Error::new(
                ErrorKind::Invalid,
                format!("pid {pid}"),
                "no process has that number",
            )
        };
        number.ok_or_else(invalid)
    }
}

impl TryFrom<nix::unistd::Pid> for Pid {
    type Error = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for 0 and negative numbers, which are no processes.
    fn try_from(pid: nix::unistd::Pid) -> Result<Self, Error> {
        Self::try_from(pid.as_raw())
    }
}

impl TryFrom<Pid> for nix::unistd::Pid {
    type Error = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for 0 and for numbers that `pid_t` cannot hold.
    fn try_from(pid: Pid) -> Result<Self, Error> {
        i32::try_from(pid).map(Self::from_raw)
    }
}

impl From<nix::unistd::Uid> for Uid {
    fn from(uid: nix::unistd::Uid) -> Self {
        Self(uid.as_raw())
    }
}

impl From<Uid> for nix::unistd::Uid {
    fn from(uid: Uid) -> Self {
        Self::from_raw(uid.0)
    }
}

impl From<nix::unistd::Gid> for Gid {
    fn from(gid: nix::unistd::Gid) -> Self {
        Self(gid.as_raw())
    }
}

impl From<Gid> for nix::unistd::Gid {
    fn from(gid: Gid) -> Self {
        Self::from_raw(gid.0)
    }
}

/// The id that stands for one without a place in a user namespace, unless
/// `/proc/sys/kernel/overflowuid` or `overflowgid` says otherwise (the kernel's `DEFAULT_OVERFLOWUID`).
pub const OVERFLOW_ID: u32 = 65534;

/// An id as files and people write it, in decimal digits and nothing else: std's parser would take
/// a `+`, and the kernel's own form has no leading zeros.
pub(super) fn parse_id(digits: &[u8]) -> Option<u32> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_process_is_no_pid() {
        for pid in [1, 4711, i32::MAX] {
            let own = Pid::try_from(pid).unwrap();
            assert_eq!(i32::try_from(own).unwrap(), pid);
            let nix = nix::unistd::Pid::try_from(own).unwrap();
            assert_eq!((nix.as_raw(), Pid::try_from(nix).unwrap()), (pid, own));
        }
        for pid in [0, -1, i32::MIN] {
            let error = Pid::try_from(pid).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("pid {pid}: no process has that number")
            );
            assert!(Pid::try_from(nix::unistd::Pid::from_raw(pid)).is_err());
        }
        for pid in [0, 1 << 31, u32::MAX] {
            let error = i32::try_from(Pid::new(pid)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
    }

    #[test]
    fn users_and_groups_are_those_of_nix() {
        let (uid, gid) = (nix::unistd::getuid(), nix::unistd::getgid());
        assert_eq!(nix::unistd::Uid::from(Uid::from(uid)), uid);
        assert_eq!(nix::unistd::Gid::from(Gid::from(gid)), gid);
    }
}
