//! What were the values?
