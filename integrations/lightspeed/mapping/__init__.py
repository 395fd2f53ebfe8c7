"""Lightspeed's JSON to the port's values and back. Pure: no Django, no HTTP."""
