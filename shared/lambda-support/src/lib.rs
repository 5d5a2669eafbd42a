//! Start-up, AWS clients, batch loop, telemetry. No domain.
