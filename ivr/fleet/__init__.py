"""Share calls between machines: admission, live calls and messages, through one Valkey (or Redis) server."""
