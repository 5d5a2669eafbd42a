//! How do samples fit one write unit? Chunks and keyframes. Pure.
