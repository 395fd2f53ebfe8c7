"""What passes between a payment and the till: handing it over, and every way in which the till answers."""
