"""Time as people at a venue read it: time zones, and the days that their services count as."""
