"""What can be ordered and what it costs: baskets, rules, prices and discounts. Stores nothing."""
