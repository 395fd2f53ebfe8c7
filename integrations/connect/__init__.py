"""Connecting a venue to its POS: consent, location, tokens, readiness, and the way back."""
