//! The maps of user namespaces: which id inside is which outside.

use std::fmt;

use super::id::parse_id;
use crate::{
    bytes::Escaped,
    error::{Error, ErrorKind, Result},
};

/// One range of a user namespace's map: `size` ids from `container_id` on stand for as many from `host_id` on.
///
/// Its text is that of container tools, `0:100000:65536`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdMap {
    /// First id inside the namespace.
    pub container_id: u32,
    /// First id outside.
    pub host_id: u32,
    /// How many ids.
    pub size: u32,
}

impl IdMap {
    /// `size` ids from `container_id` on inside, from `host_id` on outside.
    #[must_use]
    pub const fn new(container_id: u32, host_id: u32, size: u32) -> Self {
        Self {
            container_id,
            host_id,
            size,
        }
    }

    /// The range written as `0:100000:65536`: first id inside, first outside, how many.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for anything else, for no ids at all and for ids beyond 32 bits.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let wrong = |reason| {
            let thing = format!("id map {}", Escaped(text));
            Error::new(ErrorKind::Invalid, thing, reason)
        };
        let mut fields = text.split(|&b| b == b':').map(parse_id);
        let (Some(Some(container_id)), Some(Some(host_id)), Some(Some(size)), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(wrong("not three numbers with : between"));
        };
        if size == 0 {
            return Err(wrong("a range of no ids"));
        }
        if container_id.max(host_id).checked_add(size - 1).is_none() {
            return Err(wrong("ids beyond 32 bits"));
        }
        Ok(Self::new(container_id, host_id, size))
    }

    /// Where an id is that is in the range of `size` ids from `from` on, when these begin at `to`.
    fn shift(self, id: u32, from: u32, to: u32) -> Option<u32> {
        let place = id.checked_sub(from)?;
        if place >= self.size {
            return None;
        }
        to.checked_add(place)
    }
}

impl fmt::Display for IdMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.container_id, self.host_id, self.size)
    }
}

impl From<(u32, u32, u32)> for IdMap {
    /// A row of `/proc/PID/uid_map`: first id inside, first outside, how many.
    fn from((container_id, host_id, size): (u32, u32, u32)) -> Self {
        Self::new(container_id, host_id, size)
    }
}

/// The map of a user namespace (`/proc/PID/uid_map`, `gid_map`): its ranges, in their order.
///
/// Without a range it maps nothing, as the kernel has it for a new user namespace. That there is
/// no user namespace is another thing, and is [`identity`](Self::identity). Where ranges overlap,
/// which the kernel allows to nobody, the first one counts.
///
/// ```
/// use psgo::ids::{IdMap, IdMaps, OVERFLOW_ID};
///
/// // A rootless container that keeps the id 1000 of its user.
/// let map = IdMaps::from([(0, 100_000, 1000), (1000, 1000, 1), (1001, 101_000, 64_536)]);
/// assert_eq!(map.to_host(0), Some(100_000));
/// assert_eq!(map.to_container(1000), Some(1000));
/// assert_eq!(map.to_container(0).unwrap_or(OVERFLOW_ID), 65_534);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct IdMaps(Vec<IdMap>);

impl IdMaps {
    /// The map of the first user namespace, in which every id is itself.
    #[must_use]
    pub fn identity() -> Self {
        Self(vec![IdMap::new(0, 0, u32::MAX)])
    }

    /// The map written as `0:1000:1,1:100000:65536`: ranges with `,` between. No text, no range.
    ///
    /// ```
    /// use psgo::ids::IdMaps;
    ///
    /// let map = IdMaps::parse(b"0:1000:1,1:100000:65536")?;
    /// assert_eq!(map.to_host(1), Some(100_000));
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for the first range that is none, see [`IdMap::parse`].
    pub fn parse(text: &[u8]) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        text.split(|&b| b == b',').map(IdMap::parse).collect()
    }

    /// The id inside the namespace that `host_id` has; `None` if it has none, which the kernel
    /// shows there as the overflow id.
    #[must_use]
    pub fn to_container(&self, host_id: u32) -> Option<u32> {
        let shift = |map: &IdMap| map.shift(host_id, map.host_id, map.container_id);
        self.0.iter().find_map(shift)
    }

    /// The id outside the namespace that `container_id` stands for; `None` if it stands for none.
    #[must_use]
    pub fn to_host(&self, container_id: u32) -> Option<u32> {
        let shift = |map: &IdMap| map.shift(container_id, map.container_id, map.host_id);
        self.0.iter().find_map(shift)
    }

    /// The ranges.
    #[must_use]
    pub fn as_slice(&self) -> &[IdMap] {
        &self.0
    }
}

impl From<&[IdMap]> for IdMaps {
    fn from(ranges: &[IdMap]) -> Self {
        Self(ranges.to_vec())
    }
}

impl From<Vec<IdMap>> for IdMaps {
    fn from(ranges: Vec<IdMap>) -> Self {
        Self(ranges)
    }
}

impl<T: Into<IdMap>, const N: usize> From<[T; N]> for IdMaps {
    fn from(ranges: [T; N]) -> Self {
        ranges.into_iter().collect()
    }
}

impl<T: Into<IdMap>> FromIterator<T> for IdMaps {
    fn from_iter<I: IntoIterator<Item = T>>(ranges: I) -> Self {
        Self(ranges.into_iter().map(Into::into).collect())
    }
}

/// As [`IdMaps::parse`] reads it.
impl fmt::Display for IdMaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, map) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            fmt::Display::fmt(map, f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_without_ranges_maps_nothing() {
        let map = IdMaps::default();
        assert_eq!(map.to_container(0), None);
        assert_eq!(map.to_host(0), None);
        assert_ne!(map, IdMaps::identity());
    }

    #[test]
    fn the_map_of_the_first_user_namespace_maps_all_but_the_last_id() {
        // The row `0 0 4294967295`; 4294967295 itself is `(uid_t) -1`, and nobody.
        let map = IdMaps::identity();
        for id in [0, 1000, u32::MAX / 2 + 1, u32::MAX - 1] {
            assert_eq!(map.to_container(id), Some(id));
            assert_eq!(map.to_host(id), Some(id));
        }
        assert_eq!(map.to_host(u32::MAX), None);
    }

    #[test]
    fn an_id_outside_every_range_has_no_other() {
        let map = IdMaps::from([(0, 300_000, 70_000)]);
        assert_eq!(map.to_container(299_999), None);
        assert_eq!(map.to_container(300_000), Some(0));
        assert_eq!(map.to_container(369_999), Some(69_999));
        assert_eq!(map.to_container(370_000), None);
        assert_eq!(map.to_container(0), None);
        assert_eq!(map.to_host(70_000), None);
    }

    #[test]
    fn the_ranges_of_keep_id_are_taken_one_by_one() {
        let map = IdMaps::from([(0, 100_000, 5000), (5000, 5000, 1), (5001, 105_000, 60_536)]);
        for (inside, outside) in [(0, 100_000), (4999, 104_999), (5000, 5000), (5001, 105_000)] {
            assert_eq!(map.to_host(inside), Some(outside));
            assert_eq!(map.to_container(outside), Some(inside));
        }
    }

    #[test]
    fn the_first_of_overlapping_ranges_counts() {
        let map = IdMaps::from([(0, 10, 2), (0, 20, 5)]);
        assert_eq!(map.to_host(1), Some(11));
        assert_eq!(map.to_host(2), Some(22));
        let map = IdMaps::from([(10, 0, 2), (20, 0, 5)]);
        assert_eq!(map.to_container(1), Some(11));
    }

    #[test]
    fn ranges_that_no_kernel_would_give_do_no_harm() {
        let map = IdMaps::from([(u32::MAX - 1, 5, u32::MAX), (7, 7, 0)]);
        assert_eq!(map.to_container(6), Some(u32::MAX));
        assert_eq!(map.to_container(7), None);
        assert_eq!(map.to_host(u32::MAX), Some(6));
        assert_eq!(map.to_host(7), None);
    }

    #[test]
    fn a_written_map_is_read_back() {
        for text in [
            "",
            "0:0:4294967295",
            "0:100000:5000,5000:5000:1",
            "1:1:4294967295",
        ] {
            let map = IdMaps::parse(text.as_bytes()).unwrap();
            assert_eq!(map.to_string(), text);
        }
        assert_eq!(
            IdMaps::parse(b"0:0:4294967295").unwrap(),
            IdMaps::identity()
        );
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for text in [
            ",",
            "0:0",
            "0:0:1,",
            "0:0:1:1",
            "0:0:0",
            "0:-1:1",
            "0:+1:1",
            "0: 1:1",
            "0::1",
            "0:4294967296:1",
            "0:2:4294967295",
            "2:0:4294967295",
            "a:b:c",
        ] {
            let error = IdMaps::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        }
        let error = IdMaps::parse(b"0:0:1,\x1b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "id map \\x1b: not three numbers with : between"
        );
    }
}
