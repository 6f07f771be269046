// The page: the button, the conversation, and what joins microphone, stream and loudspeaker.

const facts = JSON.parse(document.getElementById("facts").textContent);
const base = location.pathname.replace(/\/+$/, "");
const at = (id) => document.getElementById(id);
const LONGEST_UNSENT = 32 * 1024; // bytes that wait in the socket: more than two seconds of speech
const LINGER_MS = 3000; // from `stop` to the page's own close
const SLOW_S = 5; // seconds for the bridge to open the socket

let language = navigator.language.startsWith("ar") ? "ar" : "en";
let state = "idle";
let problem = null; // [name, values]
let call = null; // the call on the line
let last = null; // the call before, for its recording

// -- words -------------------------------------------------------------------------------------------------------------

function words() {
  return WORDS[language];
}

/** Write every fixed text of the page in today's language. */
function translate() {
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  document.title = words().title;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = words()[element.dataset.word];
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words()[element.dataset.label]);
  }
  at("language").lang = language === "ar" ? "en" : "ar";
  at("mute").textContent = call?.muted ? words().unmute : words().mute;
  for (const element of document.querySelectorAll("[data-filled]")) {
    element.textContent = said(element.dataset.filled, JSON.parse(element.dataset.values));
  }
  showHints();
  showState(state);
  showProblem(problem);
  if (last && !call) showAfter(last);
}

/** Return a text by its path in the words, such as `faults.reply_failed`, filled in. */
function said(path, values) {
  const found = path.split(".").reduce((inside, name) => inside?.[name], words());
  return filled(found ?? values.fallback ?? path, values);
}

/** Return an element whose text follows the language. */
function spoken(tag, css, path, values = {}) {
  const element = document.createElement(tag);
  element.className = css;
  element.dataset.filled = path;
  element.dataset.values = JSON.stringify(values);
  element.textContent = said(path, values);
  return element;
}

function showHints() {
  at("hints").hidden = !facts.hints.length;
  at("hints").querySelector("p").textContent = facts.scripted ? words().scripted : words().hints;
  const items = facts.hints.map((hint) => {
    const item = document.createElement("li");
    item.dir = "auto";
    item.textContent = hint;
    return item;
  });
  at("hints").querySelector("ul").replaceChildren(...items);
}

function showState(name) {
  state = name;
  at("state").textContent = words().states[name];
  document.body.dataset.state = name;
  const on = call !== null;
  at("call").classList.toggle("on", on);
  at("call-word").textContent = on ? words().hangUp : words().call;
  at("line").disabled = on;
  at("mute").disabled = !on;
}

function showProblem(found) {
  problem = found;
  at("problem").hidden = found === null;
  if (found) at("problem").textContent = said(`problems.${found[0]}`, found[1] ?? {});
}

// -- the conversation --------------------------------------------------------------------------------------------------

/** Show what one call tells of itself. */
class Conversation {
  constructor() {
    this.answers = new Map(); // turn -> its bubble
    at("words").replaceChildren();
    at("empty").hidden = false;
    at("after").hidden = true;
  }

  add(element) {
    at("empty").hidden = true;
    const near = innerHeight + scrollY > document.body.scrollHeight - 160;
    at("words").append(element);
    if (near) element.scrollIntoView({ block: "nearest" });
    return element;
  }

  /** Show one thing that the bridge told of the call. */
  tell(told) {
    switch (told.what) {
      case "asked":
        return this.asked(told);
      case "said":
        return this.answered(told);
      case "wait":
        return this.waited(told);
      case "closed":
        return this.closed(told);
      case "transfer":
        return void this.add(spoken("li", "note", "transfer", { number: `\u2066${told.number}\u2069` }));
      case "fault":
        return this.fault(told.name, told.reason);
    }
  }

  asked({ text, keys }) {
    const bubble = document.createElement("li");
    bubble.className = "caller";
    const said = document.createElement("span");
    said.dir = "auto";
    said.textContent = text;
    bubble.append(said);
    if (keys) bubble.append(spoken("small", "", "pressed"));
    this.add(bubble);
  }

  answered({ turn, text, kind }) {
    const key = `${turn} ${kind}`;
    let bubble = this.answers.get(key);
    if (!bubble) {
      bubble = document.createElement("li");
      bubble.className = "agent";
      const said = document.createElement("span");
      said.dir = "auto";
      bubble.append(said);
      if (kind !== "answer") bubble.append(spoken("small", "", kind));
      this.answers.set(key, this.add(bubble));
    }
    const said = bubble.querySelector("span");
    said.textContent = [said.textContent, text.trim()].filter(Boolean).join(" ");
  }

  waited({ ms, parts }) {
    const line = spoken("li", "wait", "answeredAfter", { s: (ms / 1000).toFixed(2) });
    const names = words().parts;
    line.title = Object.entries(parts).map(([owner, took]) => `${names[owner]} ${took} ms`).join(" · ");
    line.dataset.ms = ms;
    this.add(line);
  }

  /** Strike out what the caller did not hear. */
  closed({ turn, outcome, heard, unheard }) {
    const bubble = this.answers.get(`${turn} answer`);
    if (!bubble || outcome !== "interrupted" || !unheard) return;
    const said = bubble.querySelector("span");
    const cut = document.createElement("s");
    cut.append(spoken("span", "hidden", "notHeard"), ` ${unheard.trim()}`);
    said.replaceChildren(heard.trim(), heard ? " " : "", cut);
  }

  fault(name, reason) {
    this.add(spoken("li", "fault", `faults.${name}`, { reason: reason ?? "", fallback: name }));
  }
}

// -- one call ----------------------------------------------------------------------------------------------------------

/** An error with words for the person at the page. */
class Problem extends Error {
  constructor(name, values) {
    super(name);
    this.name = name;
    this.values = values;
  }
}

/** Carry one call: microphone to stream, stream to loudspeaker. */
class SoftphoneCall {
  constructor() {
    this.conversation = new Conversation();
    this.muted = false;
    this.over = false;
    this.open = false;
    this.begun = 0; // performance.now() when the stream opened
    this.recorded = { caller: [], agent: [] }; // mu-law, from the stream's first sample
    this.counts = { media: 0, marks: [], returned: [], clears: 0, faults: [], leftUnsent: 0 };
    this.tellsEnd = null;
  }

  /** Call the bridge. Throws a `Problem`. */
  async begin(line) {
    if (!isSecureContext || !navigator.mediaDevices?.getUserMedia) throw new Problem("insecure");
    showState("asking");
    this.microphone = await microphone();
    this.check();
    showState("connecting");
    await this.prepareAudio();
    this.check();
    const answer = await ask("call", { line, before: last?.id });
    this.check();
    this.id = answer.call;
    const ids = { account: `AC${"0".repeat(32)}`, call: answer.call, stream: newSid("MZ") };
    this.stream = new PhoneStream(ids);
    await this.connect();
    this.send(...this.stream.open({ token: answer.token }));
    this.open = true;
    this.begun = performance.now();
    showState("ringing");
  }

  /** Stop a call that was ended while it was still being made. */
  check() {
    if (this.over) throw new Problem("cancelled");
  }

  async prepareAudio() {
    try {
      this.context = new AudioContext({ latencyHint: "interactive" });
      const text = JSON.parse(at("worklet").textContent);
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      await this.context.audioWorklet.addModule(url);
      URL.revokeObjectURL(url);
      this.capture = new AudioWorkletNode(this.context, "capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
      this.play = new AudioWorkletNode(this.context, "play", { numberOfInputs: 0, outputChannelCount: [1] });
      this.context.createMediaStreamSource(this.microphone).connect(this.capture);
      this.play.connect(this.context.destination);
      await this.context.resume();
    } catch (error) {
      throw new Problem("no_audio", { reason: String(error.message ?? error) });
    }
    this.capture.port.onmessage = ({ data }) => this.spoke(data);
    this.play.port.onmessage = ({ data }) => this.played(data);
    const [track] = this.microphone.getAudioTracks();
    track.onended = () => this.over || this.conversation.fault("microphone_gone");
  }

  connect() {
    return new Promise((resolve, reject) => {
      const url = new URL(`${base}/media`, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      this.socket = new WebSocket(url);
      const late = setTimeout(() => reject(new Problem("unreachable")), SLOW_S * 1000);
      this.socket.onopen = () => {
        clearTimeout(late);
        resolve();
      };
      this.socket.onclose = ({ code }) => {
        clearTimeout(late);
        reject(new Problem("unreachable"));
        this.closed(code);
      };
      this.socket.onmessage = ({ data }) => this.take(data);
    });
  }

  send(...messages) {
    if (this.socket?.readyState === WebSocket.OPEN) for (const message of messages) this.socket.send(message);
  }

  /** Take a frame of the microphone. */
  spoke({ frame, level }) {
    showLevel("caller-level", this.muted ? 0 : level);
    if (!this.open || this.over) return;
    const payload = this.muted ? new Uint8Array(frame.length).fill(SILENCE) : frame;
    this.recorded.caller.push(payload);
    // The carrier drops what a slow network does not take, and so does this telephone.
    if (this.socket.bufferedAmount > LONGEST_UNSENT) {
      this.stream.lose(payload.length);
      if (!this.counts.leftUnsent++) this.conversation.fault("slow_network");
      return;
    }
    this.send(this.stream.media(payload));
  }

  /** Take a message of the bridge. */
  take(text) {
    const message = this.stream.read(text);
    switch (message.kind) {
      case "media":
        this.counts.media += message.payload.length;
        this.play.port.postMessage({ payload: message.payload }, [message.payload.buffer]);
        break;
      case "mark":
        this.counts.marks.push(message.name);
        this.play.port.postMessage({ mark: message.name });
        break;
      case "clear":
        this.counts.clears += 1;
        this.play.port.postMessage({ clear: true });
        break;
      case "talk":
        this.told(message.told);
        break;
      default:
        this.counts.faults.push(`${message.code} ${message.reason}`);
        console.warn("a message that is not in the protocol", message);
    }
  }

  told(told) {
    if (told.what === "state") this.turn = told.state;
    if (told.what === "ended") this.tellsEnd = told;
    this.conversation.tell(told);
    // The caller has hung up, and hears of the end a moment later.
    if (this.over) return void (last === this && told.what === "ended" && showAfter(this));
    if (!this.sounds && told.what === "state") showState(told.state);
    // The carrier would take the caller out of the stream now.
    if (told.what === "transfer") this.hangUp();
  }

  /** Take what the loudspeaker has done. */
  played({ reached, cleared, heard, level, buffered, full }) {
    for (const name of reached ?? cleared ?? []) {
      this.counts.returned.push(name);
      if (!this.over) this.send(this.stream.mark(name));
    }
    if (full) this.conversation.fault("peer_fault", "31931");
    if (!heard) return;
    if (this.open && !this.over) this.recorded.agent.push(heard);
    showLevel("agent-level", level);
    const sounds = buffered > 0;
    if (sounds !== this.sounds && this.open && !this.over) {
      this.sounds = sounds;
      showState(sounds ? "speaking" : this.turn ?? "listening");
    }
  }

  press(digit) {
    if (this.open && !this.over) this.send(this.stream.press(digit));
  }

  mute(on) {
    this.muted = on;
  }

  /** End the call from this side. */
  hangUp() {
    if (this.over) return;
    if (this.open) this.send(this.stream.stop());
    this.finish();
  }

  /** The bridge has closed the socket, or it has died. */
  closed(code) {
    if (this.over) return;
    const meant = this.tellsEnd !== null || code === 1000;
    this.finish(meant || !this.open ? null : ["lost"]);
  }

  /** Let go of microphone, loudspeaker and socket. */
  finish(found = null) {
    this.over = true;
    this.length = this.begun ? (performance.now() - this.begun) / 1000 : 0;
    this.microphone?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    const socket = this.socket;
    // The bridge closes after `stop`, and tells how the call ended: a slow network has its time.
    setTimeout(() => socket?.close(1000), LINGER_MS);
    if (call === this) {
      call = null;
      last = this;
      showLevel("caller-level", 0);
      showLevel("agent-level", 0);
      showState(this.open ? "over" : "idle");
      if (found) showProblem(found);
      if (this.open) showAfter(this);
      translate();
    }
  }

  /** Return the call as a WAV file: what the caller said on the left, what the caller heard on the right. */
  wav() {
    return new Blob([stereoWav(joined(this.recorded.caller), joined(this.recorded.agent))], { type: "audio/wav" });
  }
}

/** Return the microphone's stream. Throws a `Problem`. */
async function microphone() {
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    const names = { NotAllowedError: "refused", SecurityError: "insecure", NotFoundError: "none", NotReadableError: "in_use" };
    throw new Problem(names[error.name] ?? "no_audio", { reason: error.name });
  }
}

/** Ask the bridge; return its answer. Throws a `Problem`. */
async function ask(what, body) {
  let answer;
  try {
    answer = await fetch(`${base}/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(10000),
    });
    const found = await answer.json();
    if (answer.ok) return found;
    throw new Problem(WORDS.en.problems[found.problem] ? found.problem : "unreachable");
  } catch (error) {
    throw error instanceof Problem ? error : new Problem("unreachable");
  }
}

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

/** Return two sides in mu-law as a WAV file of 16-bit samples. */
function stereoWav(left, right) {
  const length = Math.max(left.length, right.length);
  const view = new DataView(new ArrayBuffer(44 + 4 * length));
  const text = (offset, letters) => [...letters].forEach((letter, n) => view.setUint8(offset + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 4 * length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 4 * RATE, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 4 * length, true);
  for (let n = 0; n < length; n++) {
    view.setInt16(44 + 4 * n, sampleOf(left[n] ?? SILENCE), true);
    view.setInt16(46 + 4 * n, sampleOf(right[n] ?? SILENCE), true);
  }
  return view.buffer;
}

// -- the page ----------------------------------------------------------------------------------------------------------

/** Show a level: a whisper and a shout are far apart, so in decibels. */
function showLevel(id, level) {
  const value = level > 0 ? Math.max(0, Math.round(100 + 40 * Math.log10(level))) : 0;
  at(id).ariaValueNow = String(value);
  at(id).firstElementChild.style.transform = `scaleX(${value / 100})`;
}

/** Show what is left of a call that is over. */
function showAfter(over) {
  const [text, save] = [at("after-text"), at("save")];
  const reason = over.tellsEnd?.reason ?? "caller_stop";
  const parts = [words().ends[reason] ?? filled(words().ended, { reason }), ` ${words().callId} `, isolated(over.id)];
  if (facts.tapes) {
    const name = facts.tapes === "all" ? words().tape : words().tapeMaybe;
    parts.push(` · ${name}: `, isolated(`${over.id}.tape`));
  }
  text.replaceChildren(...parts);
  if (!over.url && over.recorded.agent.length) over.url = URL.createObjectURL(over.wav());
  save.hidden = !over.url;
  if (over.url) {
    save.href = over.url;
    save.download = `${over.id}.wav`;
  }
  at("after").hidden = false;
}

function isolated(text) {
  const element = document.createElement("bdi");
  element.textContent = text;
  return element;
}

async function toggle() {
  if (call) {
    call.hangUp();
    return;
  }
  if (last?.url) URL.revokeObjectURL(last.url);
  showProblem(null);
  const mine = new SoftphoneCall();
  call = mine;
  at("mute").setAttribute("aria-pressed", "false");
  showState("asking");
  translate();
  try {
    await mine.begin(at("line").value);
  } catch (error) {
    if (mine.over) return;
    mine.finish(error instanceof Problem ? [error.name, error.values] : ["no_audio", { reason: String(error) }]);
  }
}

function press(digit) {
  call?.press(digit);
  const button = [...at("keypad").children].find((one) => one.textContent === digit);
  button?.animate?.([{ background: "var(--edge)" }, {}], 200);
}

function showLines(lines) {
  at("line").replaceChildren(
    ...lines.map(({ name, number, language: code }) => {
      const option = document.createElement("option");
      option.value = name;
      option.textContent = [name, number, code].filter(Boolean).join(" · ");
      return option;
    }),
  );
  at("line-row").hidden = lines.length < 2;
}

function keyDown(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === at("line")) return;
  if (event.key === "Escape" && call) call.hangUp();
  else if (event.key.toLowerCase() === "m" && call) at("mute").click();
  // A key of the row above the letters, or of the number block.
  else if (event.key.length === 1 && KEYS.slice(0, 12).includes(event.key) && call && !event.repeat) press(event.key);
  else return;
  event.preventDefault();
}

async function begin() {
  for (const digit of "123456789*0#") {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = digit;
    button.onclick = () => press(digit);
    at("keypad").append(button);
  }
  at("call").onclick = toggle;
  at("mute").onclick = () => {
    call.mute(!call.muted);
    at("mute").setAttribute("aria-pressed", String(call.muted));
    translate();
  };
  at("keypad-toggle").onclick = () => {
    at("keypad").hidden = !at("keypad").hidden;
    at("keypad-toggle").setAttribute("aria-expanded", String(!at("keypad").hidden));
  };
  at("language").onclick = () => {
    language = language === "ar" ? "en" : "ar";
    translate();
  };
  document.addEventListener("keydown", keyDown);
  addEventListener("pagehide", () => call?.hangUp());
  setInterval(() => {
    const seconds = call ? (call.begun ? Math.floor((performance.now() - call.begun) / 1000) : null) : null;
    at("clock").textContent = seconds === null ? "" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }, 250);
  showLines(facts.lines);
  translate();
  const found = facts.problem || (isSecureContext && navigator.mediaDevices ? "" : "insecure");
  if (found) {
    at("call").disabled = true;
    showProblem([found]);
    return;
  }
  const link = new URLSearchParams(location.search).get("link");
  if (link) await exchange(link);
}

/** Exchange the one-time link of this address for a session. */
async function exchange(link) {
  // Used up or not, it has no place in the history or in what is copied from the address.
  history.replaceState(null, "", location.pathname);
  at("call").disabled = true;
  try {
    const { lines } = await ask("session", { link });
    showLines(lines);
    at("call").disabled = false;
  } catch (error) {
    // A page that is loaded again has its session already.
    if (facts.session) at("call").disabled = false;
    else showProblem([error.name]);
  }
}

begin();
