"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const element = (tag, text, css, dir) => { const made = document.createElement(tag); if (text !== undefined) made.textContent = text; if (css) made.className = css; if (dir) made.dir = dir; return made; };
  const owners = Object.keys(data.owners), MOST_TURNS = 40, MOST_CALLS = 300;
  const quantile = (values, share) => values.length ? values[Math.min(values.length - 1, Math.floor(share * values.length))] : null;
  const ms = (value) => value === null || value === undefined ? "–" : String(Math.round(value));

  // -- which calls -----------------------------------------------------------------------------------------------------
  const fields = { line: (c) => [c.line || "–"], language: (c) => [c.language || "–"], trouble: (c) => c.trouble.length || Object.keys(c.failures).length ? [...c.trouble, ...Object.keys(c.failures)] : ["none"], result: (c) => [c.result ? c.result + ": " + c.reason : "no end"] };
  for (const [name, of] of Object.entries(fields)) {
    const select = $(name), values = [...new Set(data.calls.flatMap(of))].sort();
    select.append(element("option", "all")); select.firstChild.value = "";
    for (const value of values) { const option = element("option", value); option.value = value; select.append(option); }
  }
  const wanted = () => {
    const text = $("words").value.trim().toLowerCase();
    return data.calls.filter((call) => Object.entries(fields).every(([name, of]) => !$(name).value || of(call).includes($(name).value)) && (!text || JSON.stringify(call).toLowerCase().includes(text)));
  };

  // -- pictures --------------------------------------------------------------------------------------------------------
  const bars = (place, counts, css) => {
    const most = Math.max(1, ...counts.map(([, count]) => count)), box = element("div", undefined, "bars");
    for (const [name, count, kind] of counts) {
      const track = element("div", undefined, "track"), bar = element("i", undefined, kind || css || ""); bar.style.width = 100 * count / most + "%"; track.append(bar);
      box.append(element("span", name), track, element("b", ms(count)));
    }
    place.replaceChildren(counts.length ? box : element("p", "none", "aside"));
  };
  const tally = (lists) => { const counts = new Map(); for (const [name, count] of lists) counts.set(name, (counts.get(name) || 0) + count); return [...counts].sort((a, b) => b[1] - a[1]); };
  const waits = (turns) => {
    const values = turns.map((t) => t.wait).sort((a, b) => a - b), place = $("waits");
    if (!values.length) { place.replaceChildren(element("p", "no answers", "aside")); $("owners").replaceChildren(); return; }
    // The longest twentieth may lie far out: the picture ends there, and its last bar holds them.
    const top = Math.max(100, Math.ceil((quantile(values, 0.98) * 1.05) / 100) * 100), count = 40, histogram = new Array(count).fill(0);
    for (const value of values) histogram[Math.min(count - 1, Math.max(0, Math.floor(value / top * count)))]++;
    const most = Math.max(...histogram), box = element("div", undefined, "histogram");
    box.setAttribute("role", "img"); box.setAttribute("aria-label", values.length + " waits, median " + ms(quantile(values, 0.5)) + " ms");
    histogram.forEach((n, i) => { const bar = element("i", undefined, n ? "" : "none"); bar.style.height = 100 * n / most + "%"; bar.title = n + " from " + Math.round(i * top / count) + " ms"; box.append(bar); });
    const scale = element("div", undefined, "scale"); for (const part of [0, 0.25, 0.5, 0.75, 1]) scale.append(element("span", Math.round(part * top) + (part === 1 ? "+ ms" : "")));
    const few = values.length < 20;
    const said = values.length + " answers: median " + ms(quantile(values, 0.5)) + " ms, " + (few ? "" : "95 % within " + ms(quantile(values, 0.95)) + " ms, ") + "longest " + ms(values[values.length - 1]) + " ms" + (few ? " (too few for a 95th percentile)" : "");
    place.replaceChildren(element("p", said), box, scale);
    bars($("owners"), owners.map((owner) => { const took = turns.map((t) => t.parts[owner]).filter((v) => v !== undefined).sort((a, b) => a - b); return [data.owners[owner] + ", median", quantile(took, 0.5) || 0, "p-" + owner]; }));
  };
  const stack = (turn) => { const box = element("div", undefined, "stack"); for (const owner of owners) if (turn.parts[owner]) { const part = element("i", undefined, "p-" + owner); part.style.flex = turn.parts[owner]; part.title = data.owners[owner] + " " + ms(turn.parts[owner]) + " ms"; box.append(part); } return box; };
  const link = (call, turn, text) => { if (!call.page) return element("span", text); const a = element("a", text); a.href = encodeURI(call.page) + (turn === null ? "" : "#turn-" + turn); return a; };
  const head = (names) => { const row = element("tr"); for (const [name, css] of names) { const cell = element("th", name, css); cell.scope = "col"; row.append(cell); } const top = element("thead"); top.append(row); return top; };
  const cell = (inside, css) => { const made = element("td", undefined, css); made.append(inside); return made; };

  const draw = () => {
    const calls = wanted(), turns = calls.flatMap((call) => call.turns.filter((t) => t.wait !== null).map((t) => ({ ...t, call })));
    $("count").textContent = calls.length + " of " + data.calls.length + " calls";
    waits(turns);
    bars($("ends"), tally(calls.map((c) => [fields.result(c)[0], 1])));
    bars($("yields"), tally(calls.flatMap((c) => Object.entries(c.yields))));
    bars($("failures"), tally(calls.flatMap((c) => [...c.trouble.map((t) => [t.replaceAll("_", " "), 1]), ...Object.entries(c.failures), ...(c.faults.length ? [["tape with faults", 1]] : [])])), "p-own");
    const worst = turns.sort((a, b) => b.wait - a.wait).slice(0, MOST_TURNS), body = element("tbody");
    for (const turn of worst) { const row = element("tr"); row.append(cell(link(turn.call, turn.turn, "turn " + turn.turn + " of " + (turn.call.call || turn.call.name)), "id"), element("td", ms(turn.wait)), cell(stack(turn), "text"), element("td", turn.kind, "text"), element("td", turn.outcome, "text")); body.append(row); }
    $("turns").replaceChildren(head([["call", ""], ["wait, ms", ""], ["whose", "text"], ["kind", "text"], ["outcome", "text"]]), body);
    const list = element("tbody");
    for (const call of calls.slice(0, MOST_CALLS)) {
      const row = element("tr"), trouble = element("td", undefined, "text trouble");
      for (const kind of [...call.trouble.map((t) => t.replaceAll("_", " ")), ...Object.keys(call.failures), ...call.faults]) trouble.append(element("span", kind, "badge alarm"));
      const longest = Math.max(0, ...call.turns.map((t) => t.wait || 0));
      row.append(cell(link(call, null, call.call || call.name), "id"), element("td", call.line || "–", "text"), element("td", call.language, "text"), element("td", call.started_on.slice(0, 19).replace("T", " "), "text"), element("td", call.seconds.toFixed(1)), element("td", String(call.turns.length)), element("td", longest ? ms(longest) : "–"), element("td", call.result ? call.result + ": " + call.reason : "no end", "text"), trouble);
      row.title = call.name; list.append(row);
    }
    if (calls.length > MOST_CALLS) { const row = element("tr"), more = element("td", calls.length - MOST_CALLS + " more: filter them", "text"); more.colSpan = 9; row.append(more); list.append(row); }
    $("calls").replaceChildren(head([["call", ""], ["line", "text"], ["language", "text"], ["started", "text"], ["s", ""], ["turns", ""], ["longest wait, ms", ""], ["end", "text"], ["trouble", "text"]]), list);
  };
  $("filters").addEventListener("input", draw);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  draw();
})();
