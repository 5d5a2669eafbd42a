//! What does this remote-write body say? Zero-copy decoding. Pure.
