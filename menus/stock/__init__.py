"""Stock: what the POS says is left, what our own orders take, and which deals and groups run short."""
