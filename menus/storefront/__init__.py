"""The menu as storefronts read it: published document, availability, languages, compression and cache."""
