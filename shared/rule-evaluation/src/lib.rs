//! Which alerts changed state? Pure.
