"""Gift cards: codes, the ledger, what managers do, and paying with them."""
