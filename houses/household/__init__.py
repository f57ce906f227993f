"""The household's pages on a phone, `/my/`: thin doors to `houses.family`."""
