"""Product images: fetched from the POS, kept as files, edited by staff, served to browsers."""
