"use strict";
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const canvas = $("time"), pen = canvas.getContext("2d"), player = new Audio();
  const RATE = 8000, HEIGHT = 306;
  const view = { from: 0, to: data.seconds };
  let selected = -1, playing = false, colours = {};

  // -- sound: mu-law, one channel behind the other, made into a WAV that every browser plays --------------------------
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const linear = new Int16Array(256);
  for (let code = 0; code < 256; code++) {
    const u = ~code & 0xff, size = (((u & 15) << 3) + 132) << ((u & 112) >> 4);
    linear[code] = u & 128 ? 132 - size : size - 132;
  }
  const tracks = { caller: new Uint8Array(0), agent: new Uint8Array(0) };
  const say = (text) => { $("said").textContent = text; };
  try {
    if (data.sound) {
      const stream = new Blob([bytes(data.sound)]).stream().pipeThrough(new DecompressionStream("deflate"));
      const all = new Uint8Array(await new Response(stream).arrayBuffer());
      tracks.caller = all.subarray(0, data.caller);
      tracks.agent = all.subarray(data.caller);
      const count = Math.max(data.caller, data.agent), file = new DataView(new ArrayBuffer(44 + 4 * count));
      const put = (at, text) => [...text].forEach((c, i) => file.setUint8(at + i, c.charCodeAt(0)));
      put(0, "RIFF"); file.setUint32(4, 36 + 4 * count, true); put(8, "WAVEfmt "); file.setUint32(16, 16, true);
      file.setUint16(20, 1, true); file.setUint16(22, 2, true); file.setUint32(24, RATE, true);
      file.setUint32(28, 4 * RATE, true); file.setUint16(32, 4, true); file.setUint16(34, 16, true);
      put(36, "data"); file.setUint32(40, 4 * count, true);
      const pcm = new Int16Array(file.buffer, 44);
      for (let i = 0; i < count; i++) {
        pcm[2 * i] = i < tracks.caller.length ? linear[tracks.caller[i]] : 0;
        pcm[2 * i + 1] = i < tracks.agent.length ? linear[tracks.agent[i]] : 0;
      }
      player.src = URL.createObjectURL(new Blob([file.buffer], { type: "audio/wav" }));
    }
  } catch (fault) { say("This browser cannot unpack the sound: " + fault.message); }
  if (!player.src) $("play").disabled = true;

  // -- places and colours ----------------------------------------------------------------------------------------------
  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ink", "soft", "rule", "faint", "card", "caller", "agent", "unheard", "alarm", "good", "stt", "reply", "tts", "own", "filler", "endpoint"])
      colours[name] = style.getPropertyValue("--" + name).trim();
  };
  const width = () => canvas.clientWidth;
  const x = (t) => (t - view.from) / (view.to - view.from) * width();
  const time = (px) => view.from + px / width() * (view.to - view.from);
  const scores = bytes(data.scores || "");
  const floors = { listening: "faint", hearing: "caller", transcribing: "stt", thinking: "reply", speaking: "agent", yielding: "alarm" };

  // -- drawing ---------------------------------------------------------------------------------------------------------
  const box = (from, to, y, height, colour, alpha = 1, least = 1) => {
    const a = Math.max(-2, x(from)), b = Math.min(width() + 2, Math.max(x(to), x(from) + least));
    if (b < 0 || a > width()) return;
    pen.globalAlpha = alpha; pen.fillStyle = colours[colour] || colour; pen.fillRect(a, y, b - a, height); pen.globalAlpha = 1;
  };
  const stick = (t, y, height, colour, dash) => {
    const a = Math.round(x(t)) + 0.5;
    if (a < -1 || a > width() + 1) return;
    pen.setLineDash(dash || []); pen.strokeStyle = colours[colour]; pen.beginPath(); pen.moveTo(a, y); pen.lineTo(a, y + height); pen.stroke(); pen.setLineDash([]);
  };
  const label = (text, from, to, y, colour, rtl) => {
    const a = Math.max(0, x(from)), b = Math.min(width(), x(to));
    if (b - a < 24) return;
    pen.save(); pen.beginPath(); pen.rect(a, y - 12, b - a, 16); pen.clip();
    pen.fillStyle = colours[colour]; pen.direction = rtl ? "rtl" : "ltr"; pen.textAlign = rtl ? "right" : "left";
    pen.fillText(text, rtl ? b - 4 : a + 4, y); pen.restore();
  };
  const wave = (track, middle, colour) => {
    const step = Math.max(1, Math.floor((view.to - view.from) * RATE / width()));
    pen.fillStyle = colours[colour];
    for (let px = 0; px < width(); px++) {
      const first = Math.floor(time(px) * RATE), last = Math.min(track.length, Math.max(first + 1, Math.floor(time(px + 1) * RATE)));
      if (first < 0 || first >= track.length) continue;
      let top = 0;
      for (let i = first, jump = Math.max(1, step >> 8); i < last; i += jump) { const v = Math.abs(linear[track[i]]); if (v > top) top = v; }
      // The power of 0.7 lifts quiet speech, which would else be a line.
      const half = Math.max(0.5, 28 * (top / 32768) ** 0.7);
      pen.fillRect(px, middle - half, 1, 2 * half);
    }
  };
  const hatch = (from, to, y, height) => {
    const a = Math.max(0, x(from)), b = Math.min(width(), x(to));
    if (b <= a) return;
    pen.save(); pen.beginPath(); pen.rect(a, y, b - a, height); pen.clip(); pen.strokeStyle = colours.unheard; pen.lineWidth = 2;
    for (let at = a - height; at < b; at += 6) { pen.beginPath(); pen.moveTo(at, y + height); pen.lineTo(at + height, y); pen.stroke(); }
    pen.restore(); pen.strokeStyle = colours.agent; pen.setLineDash([3, 2]); pen.strokeRect(a + 0.5, y + 0.5, b - a - 1, height - 1); pen.setLineDash([]);
  };
  const ruler = () => {
    const step = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800].find((s) => x(view.from + s) >= 52) || 3600;
    pen.fillStyle = colours.soft; pen.textAlign = "left"; pen.direction = "ltr";
    for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
      stick(t, 14, HEIGHT - 14, "rule"); pen.fillStyle = colours.soft; pen.fillText(+t.toFixed(2) + " s", x(t) + 3, 12);
    }
  };
  const score = () => {
    for (let px = 0; px < width(); px++) {
      const at = Math.floor(time(px) * 50), until = Math.max(at + 1, Math.floor(time(px + 1) * 50));
      let said = 0, believed = 0;
      for (let i = at; i < until; i++) if (i >= 0 && 2 * i + 1 < scores.length) { said = Math.max(said, scores[2 * i]); believed = Math.max(believed, scores[2 * i + 1]); }
      if (said) { pen.globalAlpha = 0.35; pen.fillStyle = colours.alarm; pen.fillRect(px, 106 - said / 10, 1, said / 10); pen.globalAlpha = 1; }
      if (believed) { pen.fillStyle = colours.caller; pen.fillRect(px, 106 - believed / 10, 1, believed / 10); }
    }
  };
  const draw = () => {
    const dots = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width() * dots)) { canvas.width = Math.round(width() * dots); canvas.height = HEIGHT * dots; }
    pen.setTransform(dots, 0, 0, dots, 0, 0); pen.clearRect(0, 0, width(), HEIGHT); pen.font = "11px system-ui, 'Noto Sans', 'Noto Sans Arabic', sans-serif";
    ruler();
    for (const o of data.overlaps) box(o.y, o.v, 16, 250, o.verdict === "commit" ? "alarm" : "own", 0.13, 2);
    wave(tracks.caller, 50, "caller"); wave(tracks.agent, 160, "agent"); score();
    for (const t of data.turns) if (t.s !== null) { box(t.s, t.e, 112, 14, "caller", 0.85, 2); label(t.text, t.s, Math.max(t.e, t.ep), 123, "card", t.rtl); }
    for (const p of data.pieces) {
      if (p.unheard) hatch(p.unheard[0], p.unheard[1], 192, 16);
      for (const [a, b] of p.spans) { box(a, b, 192, 16, p.filler ? "filler" : "agent"); stick(a, 192, 16, "card"); label(p.text, a, b, 204, "card", p.rtl); }
    }
    const lanes = [["stt", 212, "stt"], ["agent", 222, "reply"], ["tts", 232, "tts"]];
    for (const [name, y, colour] of lanes) for (const [a, first, b, bad] of data.work[name]) { box(a, b, y, 8, bad ? "alarm" : colour, 0.4); box(first, b, y, 8, bad ? "alarm" : colour, 1); }
    for (const [, sent, due, back, cleared] of data.marks) { stick(sent, 244, 5, "soft"); if (back !== null) stick(back, 250, 8, cleared ? "alarm" : "good"); else stick(due, 250, 8, "alarm", [2, 2]); }
    for (const t of data.clears) { const a = x(t); pen.fillStyle = colours.alarm; pen.beginPath(); pen.moveTo(a - 5, 242); pen.lineTo(a + 5, 242); pen.lineTo(a, 252); pen.fill(); }
    data.floor.forEach(([t, state], i) => { const until = i + 1 < data.floor.length ? data.floor[i + 1][0] : data.seconds; box(t, until, 264, 12, floors[state] || "soft", state === "listening" ? 1 : 0.6); label(state, t, until, 274, "ink"); });
    for (const [t, digit] of data.keys) label(digit, t, t + 1e6, 123, "ink");
    for (const e of data.events) if (e.side === "fault") { stick(e.t, 16, 262, "alarm", [1, 3]); }
    data.events.forEach((e, i) => { if (shown(e)) stick(e.t, 280, 8, e.side === "fault" || e.differs ? "alarm" : "soft"); if (i === selected) box(e.t - 1 / 500, e.t + 1 / 500, 16, 282, "ink", 0.5, 2); });
    for (const o of data.overlaps) { stick(o.on, 20, 240, "alarm", [3, 3]); stick(o.y, 20, 240, "alarm"); label(o.verdict === "commit" ? "barge-in" : o.verdict === "resume" ? "went on" : "yield", o.y, o.y + 1e6, 138, "alarm"); }
    pen.fillStyle = colours.soft; pen.textAlign = "left"; pen.direction = "ltr";
    for (const [text, y] of [["caller", 30], ["score", 92], ["agent", 140], ["STT", 220], ["agent", 230], ["TTS", 240], ["marks", 258], ["events", 297]]) {
      pen.globalAlpha = 0.75; pen.fillStyle = colours.card; pen.fillRect(0, y - 9, pen.measureText(text).width + 4, 11); pen.globalAlpha = 1; pen.fillStyle = colours.soft; pen.fillText(text, 2, y);
    }
    const now = player.currentTime; stick(now, 0, HEIGHT, "ink");
    $("clock").textContent = now.toFixed(2) + " s"; canvas.setAttribute("aria-valuenow", now.toFixed(1));
  };
  let asked = false;
  const redraw = () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; draw(); }); } };

  // -- moving ----------------------------------------------------------------------------------------------------------
  const look = (from, to) => {
    const span = Math.min(data.seconds, Math.max(0.2, to - from));
    view.from = Math.min(Math.max(0, from), Math.max(0, data.seconds - span)); view.to = view.from + span; redraw();
  };
  const zoom = (by, at) => { const span = (view.to - view.from) * by, part = (at - view.from) / (view.to - view.from); look(at - span * part, at + span * (1 - part)); };
  const follow = (t) => { const span = view.to - view.from; if (t < view.from || t > view.to) look(t - span / 5, t + span * 4 / 5); };
  const seek = (t, play) => { player.currentTime = Math.min(data.seconds, Math.max(0, t)); follow(t); if (play && player.src) player.play(); redraw(); };
  const run = () => { follow(player.currentTime); redraw(); mark(); if (!player.paused) requestAnimationFrame(run); };
  const mark = () => { for (const article of document.querySelectorAll("article[data-from]")) article.classList.toggle("now", player.currentTime >= +article.dataset.from && player.currentTime <= +article.dataset.to); };
  player.addEventListener("play", () => { $("play").textContent = "❚❚ pause"; run(); });
  player.addEventListener("pause", () => { $("play").textContent = "▶ play"; });
  const toggle = () => { if (player.src) player.paused ? player.play() : player.pause(); };

  // -- events ----------------------------------------------------------------------------------------------------------
  const states = [];
  { let last = {}; for (const e of data.events) { const before = { ...last, ...e.b }; for (const k of Object.keys(before)) if (before[k] === null) delete before[k]; const after = { ...before, ...e.a }; for (const k of Object.keys(after)) if (after[k] === null) delete after[k]; states.push([before, after]); last = after; } }
  const wanted = $("wanted"), words = $("words");
  const shown = (e) => {
    const kind = wanted.value;
    if (kind === "some" && e.dull) return false;
    if (!["some", "all"].includes(kind) && e.side !== kind && !e.decided.some(([side]) => side === kind)) return false;
    const text = words.value.trim().toLowerCase();
    return !text || (e.text + " " + e.decided.map(([, said]) => said).join(" ")).toLowerCase().includes(text);
  };
  const element = (tag, text, css, dir) => { const made = document.createElement(tag); if (text !== undefined) made.textContent = text; if (css) made.className = css; if (dir) made.dir = dir; return made; };
  const AROUND = 60;
  const list = () => {
    const all = data.events.map((e, i) => i).filter((i) => shown(data.events[i]));
    let place = all.findIndex((i) => i >= selected); if (place < 0) place = all.length - 1;
    const from = Math.max(0, place - AROUND), part = all.slice(from, from + 2 * AROUND + 1), rows = [];
    if (from > 0) rows.push(element("li", from + " earlier", "more"));
    for (const i of part) {
      const e = data.events[i], row = element("li", undefined, "event " + e.side); row.dataset.at = i; row.setAttribute("role", "option"); row.id = "event-" + i;
      if (i === selected) { row.setAttribute("aria-selected", "true"); }
      row.append(element("span", e.t.toFixed(3), "at"), element("span", e.text, "what", "auto"));
      if (e.differs) row.append(element("span", "differs", "badge alarm"));
      for (const [side, said] of e.decided.slice(0, 6)) row.append(element("span", "→ " + said, "decided " + side, "auto"));
      if (e.decided.length > 6) row.append(element("span", "→ and " + (e.decided.length - 6) + " more", "decided"));
      rows.push(row);
    }
    const later = all.length - from - part.length; if (later > 0) rows.push(element("li", later + " later", "more"));
    if (!rows.length) rows.push(element("li", "no such event", "more"));
    $("list").replaceChildren(...rows);
    const row = $("list").querySelector("[aria-selected]");
    if (row) { const at = $("list"); at.scrollTop = row.offsetTop - at.clientHeight / 3; at.setAttribute("aria-activedescendant", row.id); }
  };
  const details = () => {
    const e = data.events[selected]; if (!e) return;
    const [before, after] = states[selected], head = element("h3", e.t.toFixed(3) + " s: " + e.text, "", "auto");
    const table = element("table"), top = element("tr"); for (const name of ["state", "before", "after"]) top.append(element("th", name, "text"));
    table.append(top);
    for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])]) {
      const row = element("tr", undefined, before[name] === after[name] ? "" : "turned");
      row.append(element("th", name, "text"), element("td", before[name] ?? "–", "text", "auto"), element("td", after[name] ?? "–", "text", "auto")); table.append(row);
    }
    const wires = element("div"); for (const [wire, got, text] of e.wire) { const line = element("div", undefined, "wire"); line.append(element("b", (got ? "← from " : "→ to ") + wire), element("pre", text, "", "auto")); wires.append(line); }
    if (!e.wire.length) wires.append(element("p", "no message on a wire", "aside"));
    $("details").replaceChildren(head, ...e.decided.map(([, said]) => element("p", "→ " + said, "decided", "auto")), wires, table);
  };
  const select = (i, move = true) => { if (i < 0 || i >= data.events.length) return; selected = i; list(); details(); if (move) seek(data.events[i].t, false); else redraw(); };
  const step = (by) => { let i = selected + by; while (i >= 0 && i < data.events.length && !shown(data.events[i])) i += by; select(i); };
  const nearest = (t) => { let best = -1; data.events.forEach((e, i) => { if (shown(e) && (best < 0 || Math.abs(e.t - t) < Math.abs(data.events[best].t - t))) best = i; }); return best; };
  $("list").addEventListener("click", (event) => { const row = event.target.closest("li[data-at]"); if (row) select(+row.dataset.at); });
  for (const one of [wanted, words]) one.addEventListener("input", () => { list(); redraw(); });

  // -- what a hand does ------------------------------------------------------------------------------------------------
  let held = null;
  canvas.addEventListener("pointerdown", (e) => { held = { x: e.offsetX, from: view.from, to: view.to, moved: false }; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => { if (!held) return; const by = (held.x - e.offsetX) / width() * (held.to - held.from); if (Math.abs(e.offsetX - held.x) > 4) held.moved = true; if (held.moved) look(held.from + by, held.to + by); });
  canvas.addEventListener("pointerup", (e) => { if (held && !held.moved) { const t = time(e.offsetX); select(nearest(t), false); seek(t, false); } held = null; });
  canvas.addEventListener("dblclick", (e) => seek(time(e.offsetX), true));
  canvas.addEventListener("wheel", (e) => {
    if (e.ctrlKey) { e.preventDefault(); zoom(e.deltaY > 0 ? 1.25 : 0.8, time(e.offsetX)); }
    else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) { e.preventDefault(); const by = (e.deltaX || e.deltaY) / width() * (view.to - view.from); look(view.from + by, view.to + by); }
  }, { passive: false });
  const middle = () => { const now = player.currentTime; return now >= view.from && now <= view.to ? now : (view.from + view.to) / 2; };
  $("play").addEventListener("click", toggle);
  $("nearer").addEventListener("click", () => zoom(0.5, middle()));
  $("farther").addEventListener("click", () => zoom(2, middle()));
  $("whole").addEventListener("click", () => look(0, data.seconds));
  document.addEventListener("keydown", (e) => {
    if (e.target.closest("input, select, summary, a") || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target.closest("button") && (e.key === " " || e.key === "Enter")) return;
    const moves = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), " ": toggle, Enter: () => selected >= 0 && seek(data.events[selected].t, true), "+": () => zoom(0.5, middle()), "-": () => zoom(2, middle()), Home: () => { seek(0, false); select(nearest(0)); }, End: () => select(nearest(data.seconds)) };
    if (!(e.key in moves)) return;
    // Up and down scroll the page, unless one is among the events.
    if ((e.key === "ArrowUp" || e.key === "ArrowDown") && !e.target.closest("#list, #time")) return;
    e.preventDefault(); moves[e.key]();
  });
  for (const button of document.querySelectorAll("button[data-at]")) button.addEventListener("click", () => seek(+button.dataset.at, true));
  for (const bar of document.querySelectorAll(".parts")) bar.addEventListener("click", (e) => { const area = bar.getBoundingClientRect(); seek(+bar.dataset.from + (e.clientX - area.left) / area.width * (+bar.dataset.to - +bar.dataset.from), false); });
  for (const button of document.querySelectorAll("button[data-copy]")) button.addEventListener("click", async () => {
    let done = false;
    try { await navigator.clipboard.writeText(button.dataset.copy); done = true; } catch {
      // A page that was opened as a file may not use the clipboard.
      const field = element("textarea", button.dataset.copy); document.body.append(field); field.select(); done = document.execCommand("copy"); field.remove();
    }
    say(done ? "copied: " + button.dataset.copy : button.dataset.copy);
  });
  new ResizeObserver(redraw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); redraw(); });
  readColours(); list(); select(nearest(data.first ?? 0), false); redraw();
  window.ivrReport = { player, view, select, get selected() { return selected; } };
})();
