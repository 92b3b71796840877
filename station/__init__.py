"""All of it into a programme on air: settings, shelf, clock, mounts, supervision, command line."""
