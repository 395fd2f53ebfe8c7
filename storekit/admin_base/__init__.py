"""The foundation of every back office page: the site, lists, filters, confirmation pages and local time."""
