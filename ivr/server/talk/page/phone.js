// The telephone's side of a media stream: https://www.twilio.com/docs/voice/media-streams/websocket-messages
// Messages out and in, without a socket. Behaves as ivr/testbench/phone does; one table tests both.

const FIRST_TIMESTAMP = 8; // ms of the first sample, as the carrier counts
const NOT_DECODABLE = 31950;
const NOT_PROTOCOL = 31951;
const KEYS = "0123456789*#ABCD";

/** Return bytes as base64. */
function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Return the bytes of base64. Throws for a text that is none. */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Return two letters and 32 hex digits, such as the carrier's ids are. */
function newSid(kind) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return kind + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Write and read the messages of one stream. */
class PhoneStream {
  /** Take the ids of account, call and stream. */
  constructor(ids) {
    this.ids = ids;
    this.sequence = 0;
    this.chunk = 0;
    this.samples = 0; // of the caller, sent or lost
  }

  /** Return the messages that open the stream. */
  open(parameters) {
    const { account, call, stream } = this.ids;
    const start = {
      accountSid: account,
      streamSid: stream,
      callSid: call,
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: RATE, channels: 1 },
      customParameters: parameters,
    };
    return [
      JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }),
      JSON.stringify({ event: "start", sequenceNumber: this._next(), start, streamSid: stream }),
    ];
  }

  /** Return the message of a frame of the caller. */
  media(payload) {
    this.chunk += 1;
    const timestamp = String(FIRST_TIMESTAMP + Math.floor((this.samples * 1000) / RATE));
    this.samples += payload.length;
    return JSON.stringify({
      event: "media",
      sequenceNumber: this._next(),
      media: { track: "inbound", chunk: String(this.chunk), timestamp, payload: toBase64(payload) },
      streamSid: this.ids.stream,
    });
  }

  /** Lose a frame: the timestamp of the next one says so. */
  lose(samples) {
    this.samples += samples;
  }

  /** Return a mark that comes back. */
  mark(name) {
    return JSON.stringify({
      event: "mark",
      sequenceNumber: this._next(),
      streamSid: this.ids.stream,
      mark: { name },
    });
  }

  /** Return the message of a key. */
  press(digit) {
    return JSON.stringify({
      event: "dtmf",
      streamSid: this.ids.stream,
      sequenceNumber: this._next(),
      dtmf: { track: "inbound_track", digit },
    });
  }

  /** Return the message that ends the stream. */
  stop() {
    const { account, call, stream } = this.ids;
    return JSON.stringify({
      event: "stop",
      sequenceNumber: this._next(),
      streamSid: stream,
      stop: { accountSid: account, callSid: call },
    });
  }

  /** Return what a message of the bridge means: `kind` and what belongs to it. Never throws. */
  read(text) {
    if (typeof text !== "string") return fault(NOT_DECODABLE, "binary message");
    let fields;
    try {
      fields = JSON.parse(text);
    } catch {
      return fault(NOT_PROTOCOL, "not JSON");
    }
    if (fields === null || typeof fields !== "object" || Array.isArray(fields)) {
      return fault(NOT_PROTOCOL, "not an object");
    }
    // The bridge's own word to its page; the carrier would not take it.
    if (fields.event === "talk") return { kind: "talk", told: fields };
    if (fields.streamSid !== this.ids.stream) return fault(NOT_PROTOCOL, "another stream's id");
    switch (fields.event) {
      case "media":
        return this._media(inner(fields, "media", "payload"));
      case "mark": {
        const name = inner(fields, "mark", "name");
        return name === null ? fault(NOT_PROTOCOL, "fields of mark") : { kind: "mark", name };
      }
      case "clear":
        return Object.keys(fields).length === 2 ? { kind: "clear" } : fault(NOT_PROTOCOL, "fields of clear");
      default:
        return fault(NOT_PROTOCOL, "unknown event");
    }
  }

  _media(payload) {
    if (payload === null) return fault(NOT_PROTOCOL, "fields of media");
    try {
      return { kind: "media", payload: fromBase64(payload) };
    } catch {
      return fault(NOT_PROTOCOL, "broken base64");
    }
  }

  /** Return the next number. One counter counts all that is sent after `connected`. */
  _next() {
    this.sequence += 1;
    return String(this.sequence);
  }
}

function fault(code, reason) {
  return { kind: "fault", code, reason };
}

/** Return the one string in the one object of a message; null where there is more, less or something else. */
function inner(fields, name, key) {
  const object = fields[name];
  if (Object.keys(fields).length !== 3 || object === null || typeof object !== "object") return null;
  const value = object[key];
  return Object.keys(object).length === 1 && typeof value === "string" ? value : null;
}
