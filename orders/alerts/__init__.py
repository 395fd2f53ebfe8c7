"""Alerts to the venue about an order that needs attention, by e-mail and on the till."""
