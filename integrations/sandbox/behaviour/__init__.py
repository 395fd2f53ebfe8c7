"""What goes wrong (faults), and how the POS behaves where real ones differ (habits)."""
