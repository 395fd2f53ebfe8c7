"""How the back office writes dates and times: the clock of a kitchen has 24 hours."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
# With the zone: people who work at venues in several zones read these, in lists that mix them too.
DATETIME_FORMAT = "j M Y, H:i T"
