"""The agent wire: a streamed reply from n8n, SSE, plain text or one JSON."""
