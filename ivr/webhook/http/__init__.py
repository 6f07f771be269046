"""Talk HTTP/1.1 to agents over connections that stay open."""
