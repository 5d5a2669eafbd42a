//! What does a receiver read? Webhook bodies and mail texts. Pure.
