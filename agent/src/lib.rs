//! The light module that goes into a host and reports.
