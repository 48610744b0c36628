"""What does a fleet keep of its promises while its hosts die, hang and are cut off? `make chaos`."""
