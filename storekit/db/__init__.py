"""Hand-written SQL: what the ORM does too slowly or not at all. Each piece states what it was measured to gain."""
