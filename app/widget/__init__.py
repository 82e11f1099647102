"""The chat widget: JavaScript sources, its words and data, and the committed build that the service hands out."""
