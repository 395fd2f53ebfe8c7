"""The REST API that storefronts use to check baskets and to place, read and pay for orders."""
