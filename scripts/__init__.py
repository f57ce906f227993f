"""Set-up, tests and databases of the workplace; nothing of the product imports it."""
