"""Notifications from the POS: received, kept in a ledger, handed on, and the webhook's own health."""
