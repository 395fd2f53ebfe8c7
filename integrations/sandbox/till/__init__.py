"""The till: what it sells, what it does with orders and payments, and its page."""
