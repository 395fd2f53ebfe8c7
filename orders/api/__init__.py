"""REST: baskets and orders as storefronts post and read them."""
