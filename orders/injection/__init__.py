"""The way of an order into the POS: sending, retrying, confirming, failing."""
