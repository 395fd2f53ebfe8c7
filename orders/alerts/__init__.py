"""What a venue is told about an order that needs a person, by e-mail and on the till."""
