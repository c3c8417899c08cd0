//! What a cell holds: values and their parts.

mod cell;
mod convert;
mod missing;
mod span;
mod text;
mod time;

pub use cell::{Fields, Value};
pub use missing::Missing;
pub use text::Text;
pub use time::Time;
