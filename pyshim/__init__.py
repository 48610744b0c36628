"""The Python part of sluice: understanding, dialogue, recall, fallback."""
