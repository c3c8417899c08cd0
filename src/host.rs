//! `Host`: facts of the machine as plain values, and what follows from them.
