"""Product images: downloaded from the POS or uploaded by staff, stored as files, served to browsers."""
