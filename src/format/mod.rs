//! The files of `/proc`: bytes to records, and records to the same bytes.
