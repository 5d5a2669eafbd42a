//! Did it reach the receiver?
