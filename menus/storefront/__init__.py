"""The menu for storefronts: published document, availability, languages, compression and cache."""
