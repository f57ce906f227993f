"""Pages of the accounts: signing in, consent, the own account. The frame of everything below `/my/`."""
