"""What every REST call stands on: keys, parsing, errors, idempotency and the fast path."""
