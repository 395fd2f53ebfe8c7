"""What guests may order and what it costs: baskets, rules, prices and discounts. Placing stores the result."""
