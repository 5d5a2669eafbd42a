//! How does a decided transition leave exactly once? State and outbox in one transaction.
