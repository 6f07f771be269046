"""The developers' tool, shipped: mock Twilio phone, mock Hamsa, mock agent, virtual time, report."""
