//! May we send to this address? The SSRF guard. Pure.
