"""One file, one job. ``main.create_app`` holds their order."""
