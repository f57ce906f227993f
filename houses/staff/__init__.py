"""The office's workbench at /staff/: thin doors to `houses.office`, `visibility` and `queues`."""
