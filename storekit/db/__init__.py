"""Database work that the ORM does too slowly or not at all, each piece with its measured gain."""
