"""Gift cards of a venue's own: their codes, the ledger of each card, and what managers and guests do with them."""
