"""Faults that can be switched on, and the middleware that makes them happen."""
