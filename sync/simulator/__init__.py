"""A stand-in for the public-security platform, on raw sockets and the standard library alone.

Nothing of the product is imported here, and nothing of the product but the
command `run_simulator` imports this: what the simulator says about the wire
must not be bent by what the product believes about it.
"""
