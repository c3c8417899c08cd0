//! How much an answer says.

/// How much to say of what there can be very much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Depth {
    /// How many rows a table of the page has at most.
    pub(super) rows: usize,
    /// Whether its section is the only one, and all of it is shown.
    pub(super) alone: bool,
    /// Whether to show the values of environment variables.
    pub(super) environ: bool,
}
