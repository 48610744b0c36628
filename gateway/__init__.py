"""How sluice runs: settings, nginx's configuration, the launcher, the tenants and the web page."""
