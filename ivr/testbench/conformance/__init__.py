"""Judge anybody's Media Streams server by what real Twilio would punish: `ivr conformance`."""
