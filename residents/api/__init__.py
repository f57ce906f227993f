"""The mini-program's API: what all of it shares, and what is the account's own."""
