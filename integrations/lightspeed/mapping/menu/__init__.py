"""A loaded Lightspeed menu (version 2) as a `MenuSnapshot`. Pure."""
