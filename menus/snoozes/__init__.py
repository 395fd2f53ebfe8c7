"""Snoozes: items that cannot be ordered for a while, by staff, by API or after a refused order."""
