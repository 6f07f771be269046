"""Language: streaming sentences, requests to the voice, text fit for speech. Standard library only, no clock."""
