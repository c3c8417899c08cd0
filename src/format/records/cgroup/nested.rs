//! `io.stat`, `memory.numa_stat` and the like: values by name, for each device or kind.

use crate::format::{NumberOrText, Rows, Tags, record};

record! {
    /// What a control group counts, or may have, for each device, kind or node.
    ///
    /// `io.stat`, `io.max`, `memory.numa_stat`, `rdma.max` and their like: `rbytes`, `wbytes` and
    /// memory in bytes, `rios` and `wios` counts; limits may be `max`.
    pub struct Nested: "io.stat" {
        /// The devices or kinds.
        rows: Rows<NestedRow> = "{%r\n}",
    }
}

record! {
    /// What is counted for one device or kind.
    pub struct NestedRow {
        /// The device by its numbers (`8:0`), or the kind (`anon`).
        key: NumberOrText = "%r",
        /// Each by its name.
        values: Tags = "{ %s=}",
    }
}

pub(super) const NAMES: &[&str] = &[
    "io.cost.model",
    "io.cost.qos",
    "io.latency",
    "io.max",
    "io.stat",
    "memory.numa_stat",
    "rdma.current",
    "rdma.max",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_device_has_its_values() {
        let file = b"8:16 rbytes=1459200 wbytes=314773504 rios=192\n8:0 rbps=max\n7:0 \n";
        let stat: Nested = law::holds(file);
        let fields = stat.rows[0].fields();
        assert_eq!(fields.find("key"), Some(&Value::text("8:16")));
        assert_eq!(fields.find("wbytes"), Some(&Value::Int(314_773_504)));
        assert_eq!(
            stat.rows[1].values.find("rbps"),
            Some(&NumberOrText::Text(b"max".into()))
        );
        law::mutants::<Nested>(&[file], 5_000);
    }
}
