"""What every page of the back office stands on: the site, lists, filters, confirmations and local time."""
