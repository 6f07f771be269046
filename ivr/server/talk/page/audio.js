"use strict";
// Audio of a telephone: mu-law, rates, and the queue that the caller hears. Without a page, a clock or a socket.
// The page's script and its worklets both begin with this text.

const RATE = 8000; // samples a second of everything that reaches or leaves the bridge
const FRAME = 160; // samples of 20 ms
const SILENCE = 0xff; // the mu-law byte of the sample zero

// -- G.711 mu-law: https://www.itu.int/rec/T-REC-G.711 ----------------------------------------------------------------

const SEGMENT_ENDS = [0x3f, 0x7f, 0xff, 0x1ff, 0x3ff, 0x7ff, 0xfff, 0x1fff];

/** Return the code of one 16-bit sample. */
function codeOf(sample) {
  let value = sample >> 2;
  let mask = 0xff;
  if (value < 0) {
    value = -value;
    mask = 0x7f;
  }
  value = Math.min(value, 8159) + 33;
  const segment = SEGMENT_ENDS.findIndex((end) => value <= end);
  return segment < 0 ? 0x7f ^ mask : ((segment << 4) | ((value >> (segment + 1)) & 0xf)) ^ mask;
}

/** Return the 16-bit sample of one code. */
function sampleOf(code) {
  const bits = ~code & 0xff;
  const value = (((bits & 0xf) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return bits & 0x80 ? 0x84 - value : value - 0x84;
}

const CODES = Uint8Array.from({ length: 65536 }, (_, at) => codeOf((at << 16) >> 16));
const SAMPLES = Float32Array.from({ length: 256 }, (_, code) => sampleOf(code) / 32768);

/** Return samples from -1 to 1 as mu-law. What is louder is clipped. */
function encodeUlaw(samples) {
  const coded = new Uint8Array(samples.length);
  for (let at = 0; at < samples.length; at++) {
    const value = Math.max(-32768, Math.min(32767, Math.round(samples[at] * 32768)));
    coded[at] = CODES[value & 0xffff];
  }
  return coded;
}

/** Return mu-law as samples from -1 to 1. */
function decodeUlaw(coded) {
  const samples = new Float32Array(coded.length);
  for (let at = 0; at < coded.length; at++) samples[at] = SAMPLES[coded[at]];
  return samples;
}

// -- rates ------------------------------------------------------------------------------------------------------------

const PASS = 0.85; // the part of the lower rate's band that passes: 3400 Hz of a telephone's 4000
const ATTENUATION = 70; // dB of what lies above the band

/** Return the modified Bessel function of order 0, for Kaiser's window. */
function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}

/** Change the rate of a stream of samples: a low-pass in as many phases as the ratio of the rates needs. */
class Resampler {
  /** Take whole rates, in samples a second. */
  constructor(from, to) {
    let [a, b] = [from, to];
    while (b) [a, b] = [b, a % b];
    this.up = to / a; // output samples for `down` input samples
    this.down = from / a;
    const band = Math.min(from, to) / 2;
    const stretch = (ATTENUATION - 7.95) / (14.36 * (1 - PASS) * band); // seconds that the filter covers
    this.length = Math.ceil(stretch * from); // taps of one phase
    this.taps = this._design(from * this.up, ((1 + PASS) / 2) * band);
    this.before = new Float32Array(this.length - 1); // the last samples of what came before
    this.at = 0; // input sample of the next output, counted from the next block
    this.phase = 0;
  }

  /** Return the taps, phase by phase, of a low-pass that ends at `edge` Hz of `rate`. */
  _design(rate, edge) {
    const count = this.length * this.up;
    const middle = (count - 1) / 2;
    const beta = 0.1102 * (ATTENUATION - 8.7);
    const taps = new Float64Array(count);
    for (let n = 0; n < count; n++) {
      const t = n - middle;
      const sinc = t === 0 ? (2 * edge) / rate : Math.sin((2 * Math.PI * edge * t) / rate) / (Math.PI * t);
      const window = bessel(beta * Math.sqrt(Math.max(0, 1 - (t / middle) ** 2))) / bessel(beta);
      // Each phase has every `up`-th tap, and with it that part of the gain.
      taps[(n % this.up) * this.length + Math.floor(n / this.up)] = sinc * window * this.up;
    }
    return taps;
  }

  /** Return what a block of input gives. The blocks of a stream give the same as all of it at once. */
  push(input) {
    const { length, taps, up, down } = this;
    const joined = new Float32Array(this.before.length + input.length);
    joined.set(this.before);
    joined.set(input, this.before.length);
    const out = [];
    while (this.at < input.length) {
      let sum = 0;
      let tap = this.phase * length;
      for (let k = this.at + length - 1; k >= this.at; k--) sum += joined[k] * taps[tap++];
      out.push(sum);
      this.phase += down;
      this.at += Math.floor(this.phase / up);
      this.phase %= up;
    }
    this.at -= input.length;
    this.before = joined.slice(joined.length - this.before.length);
    return Float32Array.from(out);
  }
}

/** Return how loud samples are: their effective value, 0 to 1. */
function loudness(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}

// -- what the caller hears ---------------------------------------------------------------------------------------------

/** Queue the agent's audio, counted in samples, as the carrier does. */
class Playback {
  /** Take `limit`, the samples that may wait; more are refused. */
  constructor(limit = 600 * RATE) {
    this.limit = limit;
    this.position = 0; // the sample that is played next
    this.buffered = 0; // samples that wait
    this.pieces = [];
    this.marks = []; // [sample, name]
  }

  /** Queue mu-law; return how many samples the full queue refused. */
  queue(payload) {
    const refused = Math.max(0, payload.length - (this.limit - this.buffered));
    const taken = payload.subarray(0, payload.length - refused);
    if (taken.length) {
      this.pieces.push(taken);
      this.buffered += taken.length;
    }
    return refused;
  }

  /** Put a mark behind what waits. Where nothing waits, the next `advance` reaches it. */
  mark(name) {
    this.marks.push([this.position + this.buffered, name]);
  }

  /** Play up to a sample; return the mu-law that was heard, silence where nothing waited, and the marks reached. */
  advance(sample) {
    const heard = new Uint8Array(Math.max(0, sample - this.position)).fill(SILENCE);
    let at = 0;
    while (at < heard.length && this.pieces.length) {
      const piece = this.pieces[0];
      const part = piece.subarray(0, heard.length - at);
      heard.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.pieces.shift();
      else this.pieces[0] = piece.subarray(part.length);
    }
    this.buffered -= at;
    this.position += heard.length;
    // A mark is reached when the last sample before it was played, never before.
    const reached = [];
    while (this.marks.length && this.marks[0][0] <= this.position) reached.push(this.marks.shift());
    return { heard, reached };
  }

  /** Discard what waits; return how many samples, and the names of all outstanding marks, in order. */
  clear() {
    const gone = this.buffered;
    const names = this.marks.map(([, name]) => name);
    this.pieces = [];
    this.marks = [];
    this.buffered = 0;
    return { gone, names };
  }
}
