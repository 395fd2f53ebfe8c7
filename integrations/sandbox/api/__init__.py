"""The K-Series API, one module per area."""
