"""The menu sync: read the POS's menu, plan what differs, hold what looks wrong, write the rest."""
