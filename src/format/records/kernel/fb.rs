//! `/proc/fb`: the frame buffers.

use crate::format::{Rows, record};

record! {
    /// The frame buffers.
    ///
    /// `/proc/fb` (`fb_seq_show` of `drivers/video/fbdev/core/fb_procfs.c`); absent without
    /// `CONFIG_FB`.
    pub struct Fb: "fb" {
        /// The frame buffers.
        rows: Rows<FrameBuffer> = "{%r\n}",
    }
}

record! {
    /// A frame buffer.
    pub struct FrameBuffer {
        /// Its number: that of `/dev/fb0`.
        node: u32 = "%d ",
        /// The driver's name for it, which may hold blanks.
        id: Vec<u8> = "%s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_name_may_hold_blanks() {
        // Made by hand after the form of Linux 5.10.
        let file = b"0 EFI VGA\n1 inteldrmfb\n";
        let fb: Fb = law::holds(file);
        assert_eq!((fb.rows[0].node, &*fb.rows[0].id), (0, &b"EFI VGA"[..]));
        law::mutants::<Fb>(&[file], 1_000);
    }
}
