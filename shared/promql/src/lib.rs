//! What does this expression evaluate to? Pure.
