// One call beside the table: its facts, waits and words, and what an operator may do to it.
const panel = { id: null, call: null, parts: null, asked: false, again: false, listening: null };
const FACTS = ['line', 'called', 'node', 'time', 'turns', 'wait', 'longest', 'faults', 'signs', 'id'];

function openPanel(id) {
  if (panel.id === id && panel.parts) return;
  closePanel();
  panel.id = id;
  const name = element('bdi', { dir: 'auto' }), state = element('span', { class: 'state' }, icon('quiet'), element('span'));
  const shut = element('button', { type: 'button', class: 'plain', 'aria-label': word('close_panel'), onclick: () => choose(null) }, icon('close'));
  const facts = element('dl', { class: 'facts' }), values = {};
  for (const fact of FACTS) {
    const term = element('dt', { text: word(`f_${fact}`) });
    values[fact] = element('dd');
    facts.append(term, values[fact]);
  }
  const acts = element('div', { class: 'acts' });
  if (may('act')) {
    acts.append(
      element('button', { type: 'button', class: 'soft', text: word('say'), onclick: askSay }),
      element('button', { type: 'button', class: 'soft', text: word('transfer'), onclick: askTransfer, id: 'transfer' }),
      element('button', { type: 'button', class: 'danger', text: word('hangup'), onclick: askHangup, id: 'hangup' }),
    );
  }
  // listen.js fills this: it may be missing.
  const listen = element('div', { id: 'listen' });
  const bars = element('ol', { class: 'bars' }), talk = element('ol', { class: 'talk', id: 'talk' }), note = element('p', { class: 'faint' });
  panel.parts = { name, state, values, acts, bars, talk, note };
  byId('panel').replaceChildren(
    element('header', {}, element('div', {}, element('h2', {}, name), state), shut), acts, listen, facts,
    element('h3', { text: word('waits'), id: 'waits' }), bars, element('h3', { text: word('talk') }), note, talk,
  );
  byId('panel').hidden = false;
  byId('work').classList.add('open');
  byId('panel').setAttribute('aria-label', word('c_caller'));
  if (may('listen') && typeof listenIn === 'function') {
    const closed = (code) => { if (code === 4429) tell(word('many_listen')); else if (code !== 1000 && code !== 4404) tell(word('lost_listen')); };
    panel.listening = listenIn(listen, id, { base: BASE, label: word('listen'), stopLabel: word('stop_listen'), closed });
  }
  panelNews();
  if (NARROW.matches) byId('panel').scrollIntoView({ block: 'start' });
}

function closePanel() {
  panel.listening?.stop?.();
  Object.assign(panel, { id: null, call: null, parts: null, listening: null });
  byId('panel').hidden = true;
  byId('panel').replaceChildren();
  byId('work').classList.remove('open');
}

// The call is over: what was known stays until the operator closes it.
function panelOver() {
  if (!panel.parts) return;
  panel.listening?.stop?.();
  panel.listening = null;
  panel.parts.acts.replaceChildren(element('span', { class: 'tag off', text: word('gone') }));
}

function panelNews() {
  const row = rows.get(panel.id);
  if (!row || !panel.parts) return;
  const { call } = row, { name, state, values, bars } = panel.parts;
  write(name, person(call));
  state.className = `state ${tone(call.state)}`;
  state.firstChild.firstChild.setAttribute('href', `#i-${tone(call.state)}`);
  write(state.lastChild, stateWord(call.state));
  write(values.line, call.line);
  values.called.replaceChildren(element('bdi', { dir: 'ltr', text: call.direction === 'inbound' ? call.called : call.caller }), call.direction === 'inbound' ? '' : ` (${word('outbound')})`);
  write(values.node, call.node);
  write(values.turns, String(call.turns));
  write(values.longest, seconds(call.longest_wait_ms));
  values.longest.className = slowness(call.longest_wait_ms ?? 0);
  write(values.faults, String(call.faults));
  values.faults.className = call.faults ? 'bad' : '';
  const signs = [call.recorded && word('recorded'), call.listeners && word('listened', call.listeners), call.resumed && word('resumed', call.resumed)];
  write(values.signs, signs.filter(Boolean).join(' · ') || '–');
  values.id.replaceChildren(element('bdi', { dir: 'ltr', text: call.call_id, class: 'id' }));
  byId('waits').hidden = bars.hidden = !row.waits.length;
  const most = Math.max(BAD_MS, ...row.waits);
  bars.replaceChildren(...row.waits.slice(-12).map((ms) => {
    const bar = element('i');
    bar.style.height = `${Math.max(2, (ms / most) * 46)}px`;
    return element('li', { class: slowness(ms), title: seconds(ms) }, bar, (ms / 1000).toFixed(1));
  }));
  const transfer = byId('transfer');
  if (transfer) transfer.disabled = !numbersOf(call).length;
  panelTick();
  readWords();
}

function panelTick() {
  const row = rows.get(panel.id);
  if (!row || !panel.parts) return;
  write(panel.parts.values.time, clock(now() - row.call.since));
  write(panel.parts.values.wait, row.cells.wait.textContent);
  panel.parts.values.wait.className = slowness(row.awaited === null ? row.call.wait_ms ?? 0 : performance.now() - row.awaited);
}

// Words are not in the table's stream: they are asked for while a call is open, once at a time.
async function readWords() {
  const { id, parts } = panel, row = rows.get(id);
  const why = row.call.keep !== 'text' ? 'no_words' : may('listen') ? '' : 'no_role';
  if (why) { write(parts.note, word(why)); parts.note.hidden = false; return; }
  if (panel.asked) { panel.again = true; return; }
  panel.asked = true;
  try {
    const answer = await fetch(`${BASE}calls/${encodeURIComponent(id)}`);
    if (answer.ok && panel.id === id) showWords((await answer.json()).words);
  } catch { /* the next change asks again */ } finally { panel.asked = false; }
  if (panel.again) { panel.again = false; if (panel.parts) readWords(); }
}

function showWords(words) {
  const { talk, note } = panel.parts;
  write(note, word('no_talk'));
  note.hidden = words.length > 0;
  const place = byId('panel'), below = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  words.forEach((piece, number) => {
    let li = talk.children[number];
    if (!li) talk.append((li = element('li', {}, element('b'), element('span', { dir: 'auto' }))));
    li.className = piece.who === 'agent' ? 'from-agent' : 'from-caller';
    write(li.firstChild, word(piece.who === 'agent' ? 'agent' : 'caller'));
    write(li.lastChild, piece.text);
  });
  while (talk.children.length > words.length) talk.lastChild.remove();
  if (below && !NARROW.matches) place.scrollTop = place.scrollHeight;
}

const numbersOf = (call) => board.lines.find((line) => line.name === call.line)?.transfer_to ?? [];
const pathOf = (act) => `calls/${encodeURIComponent(panel.id)}/${act}`;

async function askHangup() {
  const path = pathOf('hangup');
  if (await ask(word('ask_hangup'), `${person(rows.get(panel.id).call)} – ${word('text_hangup')}`, word('hangup'), null, true)) await post(path, undefined, 'hangup');
}

async function askSay() {
  const path = pathOf('say'), field = element('textarea', { maxlength: '500', dir: 'auto', 'aria-label': word('ask_say'), required: '' });
  if (await ask(word('ask_say'), word('text_say'), word('say'), field) && field.value.trim()) await post(path, { words: field.value.trim() }, 'say');
}

async function askTransfer() {
  const path = pathOf('transfer'), field = element('select', { dir: 'ltr', 'aria-label': word('transfer') });
  for (const number of numbersOf(rows.get(panel.id).call)) field.append(element('option', { value: number, text: number }));
  if (await ask(word('ask_transfer'), word('text_transfer'), word('transfer'), field)) await post(path, { number: field.value }, 'transfer');
}
