// What runs in the browser's audio thread: the microphone's frames out, the agent's audio in. After audio.js.

const METER = 6 * FRAME; // samples between two figures of the agent's level

/** Cut the microphone into frames of mu-law at 8 kHz, and post each with its level. */
class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, RATE);
    this.frame = new Float32Array(FRAME);
    this.filled = 0;
  }

  process([input]) {
    // A microphone that has gone gives no channel: the line stays open, with silence.
    const mono = input.length ? input[0] : new Float32Array(128);
    for (const sample of this.resampler.push(mono)) {
      this.frame[this.filled++] = sample;
      if (this.filled === FRAME) {
        const frame = encodeUlaw(this.frame);
        this.port.postMessage({ frame, level: loudness(this.frame) }, [frame.buffer]);
        this.filled = 0;
      }
    }
    return true;
  }
}

/** Play what is queued, to the sample, and post each mark when the audio before it was played. */
class Play extends AudioWorkletProcessor {
  constructor() {
    super();
    this.playback = new Playback();
    this.resampler = new Resampler(RATE, sampleRate);
    this.ready = new Float32Array(0); // at the browser's rate
    this.meter = [];
    this.heard = [];
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take({ payload, mark, clear }) {
    if (payload && this.playback.queue(payload)) this.port.postMessage({ full: true });
    if (mark !== undefined) {
      this.playback.mark(mark);
      // With nothing queued it is reached at once.
      if (!this.playback.buffered) this.reach(0);
    }
    if (clear) {
      const { gone, names } = this.playback.clear();
      this.port.postMessage({ cleared: names, gone });
    }
  }

  /** Play so many samples of the telephone; return them. */
  reach(samples) {
    const { heard, reached } = this.playback.advance(this.playback.position + samples);
    if (reached.length) this.port.postMessage({ reached: reached.map(([, name]) => name) });
    return heard;
  }

  process(_, [output]) {
    const wanted = output[0].length;
    while (this.ready.length < wanted) {
      const heard = this.reach(16);
      this.heard.push(heard);
      const more = this.resampler.push(decodeUlaw(heard));
      const joined = new Float32Array(this.ready.length + more.length);
      joined.set(this.ready);
      joined.set(more, this.ready.length);
      this.ready = joined;
    }
    for (const channel of output) channel.set(this.ready.subarray(0, wanted));
    this.ready = this.ready.slice(wanted);
    if (this.heard.length >= METER / 16) this.report();
    return true;
  }

  /** Post what was heard since the last time, its level, and what waits. */
  report() {
    const heard = new Uint8Array(16 * this.heard.length);
    this.heard.forEach((piece, at) => heard.set(piece, 16 * at));
    this.heard = [];
    const level = loudness(decodeUlaw(heard));
    this.port.postMessage({ heard, level, buffered: this.playback.buffered }, [heard.buffer]);
  }
}

registerProcessor("capture", Capture);
registerProcessor("play", Play);
