//! `/proc/vmstat`: what the kernel counts of its memory.

use crate::{
    Value,
    format::{Cursor, Field, ParseError, Spec, record},
    value::{Fields, Text},
};

record! {
    /// What the kernel counts of its memory.
    ///
    /// `/proc/vmstat` (`vmstat_show` of `mm/vmstat.c`). Those that begin with `nr_` are pages or
    /// things that are there now, the others are what happened since boot. Which there are, each
    /// kernel has its own list of.
    pub struct Vmstat: "vmstat" {
        /// All of them by name.
        counters: Counters = "%r",
    }
}

/// Counters by the kernel's names, a line `name number` for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counters(Vec<(Vec<u8>, u64)>);

const NAME: Spec = Spec::new("name", "%s ");
const COUNT: Spec = Spec::new("count", "%u\n");

impl Counters {
    /// The one of that name: `pgfault`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u64> {
        let mut counters = self.iter();
        counters.find_map(|(known, count)| (known == name.as_bytes()).then_some(count))
    }

    /// Each name and its number, in the kernel's order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        self.0.iter().map(|(name, count)| (name.as_slice(), *count))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn named(&self) -> impl Iterator<Item = (Text, Value)> {
        self.iter()
            .map(|(name, count)| (Text::from(name), Value::from(count)))
    }
}

impl Field for Counters {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut counters = Vec::new();
        while !cursor.rest().is_empty() {
            let name = Vec::read(cursor, &NAME)?;
            counters.push((name, u64::read(cursor, &COUNT)?));
        }
        Ok(Self(counters))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (name, count) in &self.0 {
            name.write(&NAME, out);
            count.write(&COUNT, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Fields(self.named().collect())
    }

    /// Each under its own name.
    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for (name, count) in self.named() {
            fields.push(name, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_counter_is_found_by_name() {
        let vmstat: Vmstat = law::holds(b"nr_free_pages 3331102\nnr_free_cma 0\npgfault 17\n");
        assert_eq!(vmstat.counters.find("nr_free_pages"), Some(3_331_102));
        assert_eq!(vmstat.counters.find("pgfault"), Some(17));
        assert_eq!(vmstat.counters.find("nr_free"), None);
        assert_eq!(vmstat.fields().find("pgfault"), Some(&Value::Int(17)));
        let error = Vmstat::parse(b"nr_free_pages 3331102\npgfault -1\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: count: out of range");
    }

    #[test]
    fn pages_are_the_sizes_of_meminfo() {
        use crate::format::kernel::Meminfo;

        let page = crate::sys::page_size().unwrap() / 1024;
        let sizes = || {
            let meminfo: Meminfo = law::holds(&std::fs::read("/proc/meminfo").unwrap());
            (
                meminfo.unevictable.map(|kb| *kb),
                meminfo.mlocked.map(|kb| *kb),
            )
        };
        // Until nothing changed between two looks.
        let found = (0..1000).any(|_| {
            let before = sizes();
            let vmstat: Vmstat = law::holds(&std::fs::read("/proc/vmstat").unwrap());
            let kb = |name| vmstat.counters.find(name).map(|pages| pages * page);
            before == sizes() && before == (kb("nr_unevictable"), kb("nr_mlock"))
        });
        assert!(found);
    }
}
