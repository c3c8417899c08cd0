//! Device numbers and names of terminals.
