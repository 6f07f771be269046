"""Play the carrier: place calls, stream audio, answer REST requests, read TwiML."""
