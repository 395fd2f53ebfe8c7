"""The foundation of the REST API: keys, parsing, errors, idempotency and the fast path."""
