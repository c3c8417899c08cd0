//! How much an answer says.

/// How much to say of what there can be very much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Depth {
    /// How many rows a table of the page has at most.
    pub(super) rows: usize,
    /// Whether to show the values of environment variables.
    pub(super) environ: bool,
}
