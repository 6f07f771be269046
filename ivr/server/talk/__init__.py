"""Call the bridge from a browser: the softphone of developers."""
