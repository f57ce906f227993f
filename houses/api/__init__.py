"""The mini-program's API: the household, as thin doors to `houses.family`."""
