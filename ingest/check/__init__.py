"""Is this library fit to be quoted: `rapport check`."""
