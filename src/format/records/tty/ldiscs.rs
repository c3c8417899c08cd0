//! `/proc/tty/ldiscs`: the line disciplines of terminals.

use crate::format::{Rows, record};

record! {
    /// The line disciplines that a terminal can have.
    ///
    /// `/proc/tty/ldiscs` (`tty_ldiscs_seq_show`).
    pub struct Ldiscs: "tty/ldiscs" {
        /// Each of them.
        rows: Rows<Ldisc> = "{%r}",
    }
}

record! {
    /// A line discipline.
    pub struct Ldisc {
        /// Its name.
        name: Vec<u8> = "%-10s ",
        /// Its number, as for `TIOCSETD`.
        number: u32 = "%2d\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn terminals_have_n_tty() {
        let ldiscs: Ldiscs = law::holds(&std::fs::read("/proc/tty/ldiscs").unwrap());
        let tty = ldiscs.rows.iter().find(|row| row.number == 0).unwrap();
        assert_eq!(tty.name, b"n_tty");
        law::mutants::<Ldiscs>(&[b"n_tty       0\nn_null     27\n"], 3_000);
    }
}
