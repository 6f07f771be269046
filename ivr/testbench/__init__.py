"""Give developers a mock phone, carrier, speech service and agent, and reports on the calls between them."""
