//! Drives the deployed stack with real clients.
