//! `/proc/dma`: who has which channel of the ISA bus's DMA.

use crate::format::{Head, Rows, record};

record! {
    /// Who has which channel of the ISA bus's DMA.
    ///
    /// `/proc/dma` (`proc_dma_show` of `kernel/dma.c`). Where there is no such thing it says only
    /// `No DMA`.
    pub struct Dma: "dma" {
        /// Says that there are no channels.
        none: Head = "%h{No DMA\n}{}",
        /// The channels in use.
        rows: Rows<DmaChannel> = "{%r\n}",
    }
}

record! {
    /// A channel that is in use.
    pub struct DmaChannel {
        /// Its number.
        channel: u32 = "%2d: ",
        /// Who has it; `cascade` for the one that leads to the other controller.
        name: Vec<u8> = "%s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_channel_has_a_name() {
        let file = b" 2: floppy\n 4: cascade\n";
        let dma: Dma = law::holds(file);
        assert_eq!(
            (dma.rows[1].channel, &*dma.rows[1].name),
            (4, &b"cascade"[..])
        );
        assert!(law::holds::<Dma>(b"No DMA\n").rows.is_empty());
        law::mutants::<Dma>(&[file], 1_000);
    }
}
