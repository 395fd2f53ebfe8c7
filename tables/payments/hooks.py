"""What else happens when a payment is paid."""

ON_CAPTURED: tuple[str, ...] = ("tables.payments.receipts.queue_receipt",)
"""Functions, by name, that are given a payment that has just been captured, in the transaction that records it."""
