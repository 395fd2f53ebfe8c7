"""Snoozes: items taken off sale for a while by staff, by API or after a refused order."""
