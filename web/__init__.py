"""The programme into HTTP: streams, API, pages."""
