"""Ask the agent, and read its streamed reply from n8n, server-sent events, plain text or one JSON."""
