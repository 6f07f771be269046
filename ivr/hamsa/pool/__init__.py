"""Keep links to the speech service, and give them to the calls that need one."""
