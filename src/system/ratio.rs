//! Shares of counts.

/// A count as a number that can be divided.
#[expect(
    clippy::cast_precision_loss,
    reason = "of shares, no more than some digits are shown"
)]
pub(super) fn ratio(count: u64) -> f64 {
    count as f64
}

/// How much `part` is of `whole`, in percent; 0 of nothing.
pub(super) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    100.0 * ratio(part) / ratio(whole)
}
