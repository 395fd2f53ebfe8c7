"""Everything that brings an order onto the till: sending, retrying, confirming and failing."""
