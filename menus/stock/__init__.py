"""Stock: how many of each item the POS has left, what our own orders take, and which deals and groups run short."""
