"""Connecting a venue to its POS and disconnecting it: consent, location, tokens, readiness."""
