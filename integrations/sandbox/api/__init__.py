"""The calls that a K-Series client makes, one module for each part of the API."""
