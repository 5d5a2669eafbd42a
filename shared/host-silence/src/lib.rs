//! Which hosts went silent, by arrival time? Pure.
