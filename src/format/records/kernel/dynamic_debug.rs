//! `/proc/dynamic_debug/control`: messages of the kernel that can be switched on.

use crate::format::{Head, Rows, record};

record! {
    /// Messages of the kernel that can be switched on.
    ///
    /// `/proc/dynamic_debug/control` (`ddebug_proc_show`), for root alone.
    pub struct DynamicDebug: "dynamic_debug/control" {
        /// The names of the columns.
        head: Head = "%h{# filename:lineno [module]function flags format\n}",
        /// The messages.
        rows: Rows<DebugPrint> = "{%r}",
    }
}

record! {
    /// A message that can be switched on.
    pub struct DebugPrint {
        /// The file of the kernel's code.
        file: Vec<u8> = "%s:",
        /// The line in it.
        line: u32 = "%u [",
        /// The module.
        module: Vec<u8> = "%s]",
        /// The function.
        function: Vec<u8> = "%s =",
        /// `_` for one that is off; `p` prints it, `f`, `l`, `m`, `s` and `t` print more with it.
        flags: Vec<u8> = "%s ",
        /// The message's format in quotes, escaped as in C; since 6.1 its class may follow.
        format: Vec<u8> = "%s\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_message_has_a_place_and_flags() {
        // Made by hand after the form of Linux 6.1; the kernel here has none.
        let file = b"# filename:lineno [module]function flags format\n\
            init/main.c:1179 [main]initcall_blacklist =p \"blacklisting: %s\\n\"\n\
            fs/a.c:7 [ext4]f =_ \"a = [%d]\" class:DRM\n";
        let control: DynamicDebug = law::holds(file);
        let print = &control.rows[0];
        assert_eq!(
            (print.line, &*print.module, &*print.flags),
            (1179, &b"main"[..], &b"p"[..])
        );
        assert_eq!(print.function, b"initcall_blacklist");
        assert_eq!(control.rows[1].format, b"\"a = [%d]\" class:DRM");
        law::mutants::<DynamicDebug>(&[file], 5_000);
    }
}
