// The table of calls, the totals, and the stream that keeps them fresh.
const BASE = location.pathname.replace(/board\/*$/, '');
const COLUMNS = ['state', 'caller', 'line', 'time', 'turns', 'wait', 'longest', 'faults', 'node', 'signs'];
const WIDE = new Set(['turns', 'longest', 'node']);
const SORTS = {
  time: (one, other) => one.call.since - other.call.since,
  caller: (one, other) => person(one.call).localeCompare(person(other.call)),
  line: (one, other) => one.call.line.localeCompare(other.call.line),
  wait: (one, other) => (other.call.wait_ms ?? -1) - (one.call.wait_ms ?? -1),
  longest: (one, other) => (other.call.longest_wait_ms ?? -1) - (one.call.longest_wait_ms ?? -1),
  faults: (one, other) => other.call.faults - one.call.faults,
  node: (one, other) => one.call.node.localeCompare(other.call.node),
  state: (one, other) => one.call.state.localeCompare(other.call.state),
};
const NARROW = matchMedia('(max-width: 760px)');
const WAITS_KEPT = 24, FAULT_WINDOW = 300_000;
const rows = new Map();
const board = {
  me: { name: '', role: 'view', csrf: '' }, nodes: [], lines: [], sort: 'time', filter: '', skew: 0, chosen: null,
  faults: [], fresh: null, source: null,
};
const now = () => Date.now() / 1000 + board.skew;
const may = (role) => ['view', 'listen', 'act'].indexOf(board.me.role) >= ['view', 'listen', 'act'].indexOf(role);

// -- a row ------------------------------------------------------------------------------------------------------------

function makeRow(call) {
  const cells = {};
  const tr = element('tr', { tabindex: '-1', 'aria-selected': 'false', 'data-call': call.call_id });
  for (const name of COLUMNS) {
    cells[name] = element('td', { class: `c-${name}${WIDE.has(name) ? ' wide' : ''}` });
    tr.append(cells[name]);
  }
  cells.pill = element('span', { class: 'state' }, icon('quiet'), element('span'));
  cells.state.append(cells.pill);
  cells.person = element('bdi', { dir: 'auto' });
  cells.caller.append(cells.person);
  tr.addEventListener('click', () => choose(call.call_id));
  return { tr, cells, call: null, waits: [], awaited: null, words: '' };
}

function updateRow(row, call) {
  const before = row.call, { cells } = row;
  row.call = call;
  if (!before || before.state !== call.state) {
    const kind = tone(call.state);
    cells.pill.className = `state ${kind}`;
    cells.pill.firstChild.firstChild.setAttribute('href', `#i-${kind}`);
    write(cells.pill.lastChild, stateWord(call.state));
    const waited = before && AWAITED.has(before.state);
    row.awaited = AWAITED.has(call.state) ? (waited ? row.awaited : before ? performance.now() : null) : null;
  }
  if (before && call.faults > before.faults) board.faults.push(...Array(Math.min(50, call.faults - before.faults)).fill(Date.now()));
  if (call.wait_ms !== null && (!before || before.wait_ms !== call.wait_ms || (before.turns !== call.turns && before.wait_ms === null))) {
    row.waits.push(call.wait_ms);
    if (row.waits.length > WAITS_KEPT) row.waits.shift();
  }
  write(cells.person, person(call));
  write(cells.line, call.line);
  write(cells.turns, String(call.turns));
  write(cells.longest, seconds(call.longest_wait_ms));
  cells.longest.className = `c-longest wide num ${slowness(call.longest_wait_ms ?? 0)}`;
  write(cells.faults, call.faults ? (NARROW.matches ? word('fault_n', call.faults) : String(call.faults)) : '');
  cells.faults.className = `c-faults num ${call.faults ? 'bad has' : ''}`;
  cells.faults.title = call.faults ? word('fault_n', call.faults) : '';
  write(cells.node, call.node);
  if (!before || before.recorded !== call.recorded || before.listeners !== call.listeners || before.resumed !== call.resumed) {
    const signs = element('span', { class: 'signs' });
    if (call.recorded) signs.append(signed('record', word('recorded'), 'on'));
    if (call.listeners) signs.append(signed('listen', word('listened', call.listeners)));
    if (call.resumed) signs.append(signed('again', word('resumed', call.resumed)));
    cells.signs.replaceChildren(signs);
    cells.signs.classList.toggle('has', signs.childElementCount > 0);
  }
  row.words = [person(call), call.caller, call.called, call.line, call.node, call.call_id, stateWord(call.state)].join(' ').toLowerCase();
  tickRow(row);
}

function signed(name, label, kind = '') {
  const span = element('span', { class: kind, title: label });
  span.append(icon(name, label));
  return span;
}

function tickRow(row) {
  const { call, cells } = row;
  write(cells.time, clock(now() - call.since));
  const waiting = row.awaited !== null;
  const ms = waiting ? performance.now() - row.awaited : call.wait_ms;
  write(cells.wait, waiting ? `… ${seconds(ms)}` : seconds(ms));
  cells.wait.className = `c-wait num ${slowness(ms ?? 0)}`;
}

// -- the table --------------------------------------------------------------------------------------------------------

function arrange() {
  const words = board.filter.split(/\s+/).filter(Boolean);
  const shown = [...rows.values()].filter((row) => words.every((one) => row.words.includes(one)));
  const order = SORTS[board.sort];
  shown.sort((one, other) => order(one, other) || one.call.since - other.call.since);
  const body = byId('rows'), kept = new Set(shown);
  for (const row of rows.values()) if (!kept.has(row) && row.tr.parentNode) row.tr.remove();
  shown.forEach((row, place) => {
    if (body.children[place] !== row.tr) body.insertBefore(row.tr, body.children[place] ?? null);
  });
  // One row is reached by Tab, the others by the arrows.
  const active = shown.find((row) => row.tr.tabIndex === 0);
  if (!active && shown.length) shown[0].tr.tabIndex = 0;
  const none = shown.length === 0;
  byId('empty').hidden = !none;
  byId('calls').hidden = none;
  write(byId('empty'), word(rows.size ? 'nothing' : 'empty'));
}

function takeCalls(calls, gone, whole) {
  const there = new Set(calls.map((call) => call.call_id));
  const over = whole ? [...rows.keys()].filter((id) => !there.has(id)) : gone;
  for (const id of over) {
    const row = rows.get(id);
    if (!row) continue;
    const focused = row.tr === document.activeElement ? row.tr.nextElementSibling ?? row.tr.previousElementSibling : null;
    row.tr.remove();
    rows.delete(id);
    focused?.focus();
    if (id === board.chosen) { panelOver(); tell(word('ended', person(row.call))); }
  }
  for (const call of calls) {
    let row = rows.get(call.call_id);
    if (!row) rows.set(call.call_id, (row = makeRow(call)));
    updateRow(row, call);
    if (call.call_id === board.chosen) panelNews();
  }
  arrange();
  takeFigures();
}

function choose(id) {
  if (board.chosen && rows.has(board.chosen)) rows.get(board.chosen).tr.setAttribute('aria-selected', 'false');
  board.chosen = id;
  const row = rows.get(id);
  if (!row) { closePanel(); return; }
  focusRow(row.tr, false);
  row.tr.setAttribute('aria-selected', 'true');
  openPanel(id);
}

function focusRow(tr, focus = true) {
  for (const other of byId('rows').children) if (other.tabIndex === 0) other.tabIndex = -1;
  tr.tabIndex = 0;
  if (focus) { tr.focus({ preventScroll: true }); tr.scrollIntoView({ block: 'nearest' }); }
}

function takeKey(event) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || byId('ask').open;
  if (event.key === 'Escape' && !byId('ask').open) {
    if (event.target === byId('filter') && byId('filter').value) { byId('filter').value = ''; takeFilter(); }
    else if (board.chosen) {
      const tr = rows.get(board.chosen)?.tr;
      choose(null);
      (tr ?? byId('rows').firstElementChild)?.focus();
    } else event.target.blur();
    event.preventDefault();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') { byId('filter').focus(); event.preventDefault(); return; }
  const at = event.target.closest?.('#rows tr');
  const onPage = event.target === document.body;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (!at && !onPage) return;
    const next = at ? (event.key === 'ArrowDown' ? at.nextElementSibling : at.previousElementSibling) : byId('rows').firstElementChild;
    if (next) focusRow(next);
    event.preventDefault();
  } else if (event.key === 'Enter' && at) {
    choose(at.dataset.call);
    byId('panel').focus();
    event.preventDefault();
  }
}

function takeFilter() { board.filter = byId('filter').value.trim().toLowerCase(); arrange(); }

// -- totals, nodes, lines ---------------------------------------------------------------------------------------------

function figure(name, value, more = '', kind = '') {
  let box = byId(`figure-${name}`);
  if (!box) {
    box = element('div', { id: `figure-${name}` }, element('dt', { text: word(name) }), element('dd', {}, element('span'), element('small')));
    byId('figures').append(box);
  }
  box.className = kind;
  write(box.lastChild.firstChild, value);
  write(box.lastChild.lastChild, more ? ` ${more}` : '');
}

function takeFigures() {
  const calls = [...rows.values()].map((row) => row.call);
  const most = board.nodes.reduce((sum, node) => sum + (node.draining ? 0 : node.max_calls), 0);
  const waits = calls.map((call) => call.wait_ms).filter((ms) => ms !== null).sort((one, other) => one - other);
  const longest = Math.max(-1, ...calls.map((call) => call.longest_wait_ms ?? -1));
  const median = waits.length ? waits[Math.floor(waits.length / 2)] : null;
  board.faults = board.faults.filter((at) => Date.now() - at < FAULT_WINDOW);
  figure('calls', String(calls.length), most ? word('of', most) : '', most && calls.length >= most ? 'bad' : '');
  figure('waiting', String(calls.filter((call) => AWAITED.has(call.state)).length));
  figure('median', seconds(median), '', slowness(median ?? 0));
  figure('longest', longest < 0 ? '–' : seconds(longest), '', longest >= BAD_MS ? 'warn' : '');
  figure('faults', String(board.faults.length), '', board.faults.length ? 'warn' : '');
  document.title = calls.length ? `${calls.length} · ${word('title')}` : word('title');
}

// Chips are kept while they are the same things: a button that has the focus does not lose it.
function chips(where, things, make, update) {
  const list = byId(where), old = new Map([...list.children].map((li) => [li.dataset.name, li]));
  const made = things.map((thing) => {
    const li = old.get(thing.name) ?? make(thing);
    li.dataset.name = thing.name;
    update(li, thing);
    return li;
  });
  for (const li of list.children) if (!made.includes(li)) li.remove();
  made.forEach((li, place) => { if (list.children[place] !== li) list.insertBefore(li, list.children[place] ?? null); });
}

function takeNodes(news) {
  board.nodes = news.nodes;
  board.lines = news.lines;
  chips('nodes', news.nodes, (node) => element('li', {}, element('bdi', { text: node.name, title: node.version }), element('meter', { min: '0' }),
    element('span', { class: 'num' }), element('span', { class: 'tag off', text: word('draining') }), button('drain', () => askDrain(node.name))), (li, node) => {
    const [, meter, count, tag, act] = li.children;
    meter.max = Math.max(1, node.max_calls);
    meter.value = node.calls;
    meter.title = `${node.calls} / ${node.max_calls}`;
    write(count, `${node.calls} / ${node.max_calls}`);
    tag.hidden = !node.draining;
    act.hidden = node.draining || !may('act');
  });
  chips('lines', news.lines, (line) => element('li', {}, element('bdi', { text: line.name }), element('span', { class: 'num faint' }),
    element('span', { class: 'tag off', text: word('closed') }), button('close', () => askLine(line.name, 'close')), button('open', () => askLine(line.name, 'open'))), (li, line) => {
    const [, , tag, close, open] = li.children;
    tag.hidden = !line.closed;
    close.hidden = line.closed || !may('act');
    open.hidden = !line.closed || !may('act');
  });
  takeFigures();
  countLines();
}

function countLines() {
  const counts = {};
  for (const { call } of rows.values()) counts[call.line] = (counts[call.line] ?? 0) + 1;
  for (const li of byId('lines').children) write(li.children[1], String(counts[li.dataset.name] ?? 0));
}

const button = (name, act) => element('button', { type: 'button', class: 'soft small', text: word(name), onclick: act });

// -- the stream -------------------------------------------------------------------------------------------------------

function connect() {
  board.source?.close();
  const source = (board.source = new EventSource(`${BASE}board/events`));
  const on = (name, take) => source.addEventListener(name, (event) => { take(JSON.parse(event.data)); board.fresh = new Date(); });
  on('hello', (hello) => {
    board.me = hello;
    board.skew = hello.now - Date.now() / 1000;
    write(byId('me'), hello.name);
    write(byId('role'), word(`role_${hello.role}`));
    link('live');
  });
  on('calls', (news) => takeCalls(news.calls, [], true));
  on('news', (news) => { takeCalls(news.calls, news.gone, false); countLines(); });
  on('nodes', takeNodes);
  on('over', (over) => {
    if (over.why === 'too_many_boards') { source.close(); lose(word('many')); }
    else if (over.why === 'logged_out') location.reload();
  });
  source.onerror = () => {
    lose(word('lost', (board.fresh ?? new Date()).toLocaleTimeString(LANGUAGE)));
    // The browser asks again by itself, unless it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(askAgain, 3000);
  };
}

async function askAgain() {
  try {
    const answer = await fetch(`${BASE}nodes`, { headers: { accept: 'application/json' } });
    if (answer.status === 401) { location.reload(); return; }
  } catch { /* the bridge is not there */ }
  connect();
}

function link(state) {
  byId('link').className = `link ${state === 'live' ? 'on' : state === 'off' ? 'off' : ''}`;
  write(byId('link').lastChild, word(state));
  if (state === 'live') { byId('lost').hidden = true; document.body.classList.remove('stale'); }
}

function lose(text) {
  link('off');
  write(byId('lost'), text);
  byId('lost').hidden = false;
  document.body.classList.add('stale');
}

// -- acts -------------------------------------------------------------------------------------------------------------

async function post(path, body, name) {
  let problem = word('no_answer');
  try {
    const answer = await fetch(BASE + path, {
      method: 'POST', headers: { 'content-type': 'application/json', 'x-ivr-csrf': board.me.csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.ok) { tell(word(`done_${name}`)); return true; }
    if (answer.status === 401) { location.reload(); return false; }
    const told = await answer.json();
    problem = WORDS[told.error] ?? told.problem;
  } catch { /* said below */ }
  tell(word('failed', problem));
  return false;
}

let saidTimer = 0;
function tell(text) {
  const said = byId('said');
  said.textContent = text;
  said.classList.add('on');
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => said.classList.remove('on'), 4000);
}

function ask(title, text, yes, field = null, danger = false) {
  const dialog = byId('ask');
  byId('ask-title').textContent = title;
  byId('ask-text').textContent = text;
  byId('ask-field').replaceChildren(...(field ? [field] : []));
  byId('ask-yes').textContent = yes;
  byId('ask-yes').className = danger ? 'danger' : '';
  dialog.returnValue = '';
  dialog.showModal();
  (field ?? byId('ask-no')).focus();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}

async function askDrain(node) {
  if (await ask(word('ask_drain', node), word('text_drain'), word('drain'), null, true)) await post('drain', { node }, 'drain');
}

async function askLine(line, act) {
  const sure = await ask(word(`ask_${act}`, line), word(`text_${act}`), word(act), null, act === 'close');
  if (sure) await post(`lines/${encodeURIComponent(line)}/${act}`, undefined, act);
}

// -- the page ---------------------------------------------------------------------------------------------------------

function begin() {
  for (const name of ['title', 'logout', 'other']) byId(name).textContent = word(name);
  byId('nodes-title').textContent = word('nodes');
  byId('lines-title').textContent = word('lines');
  byId('ask-no').textContent = word('cancel');
  byId('keys').textContent = word('keys');
  byId('other').href = `?lang=${LANGUAGE === 'ar' ? 'en' : 'ar'}`;
  byId('filter').placeholder = word('filter');
  byId('filter').setAttribute('aria-label', word('filter'));
  byId('filter').addEventListener('input', takeFilter);
  for (const name of COLUMNS) {
    const th = element('th', { scope: 'col', class: `c-${name}${WIDE.has(name) ? ' wide' : ''}` });
    th.append(SORTS[name] ? element('button', { type: 'button', text: word(`c_${name}`), onclick: () => sortBy(name) }) : word(`c_${name}`));
    byId('head').append(th);
  }
  sortBy('time');
  byId('logout').addEventListener('click', async () => {
    await fetch(`${BASE}board/logout`, { method: 'POST', headers: { 'x-ivr-csrf': board.me.csrf } }).catch(() => null);
    location.reload();
  });
  document.addEventListener('keydown', takeKey);
  byId('ask').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) byId('ask').close('yes');
  });
  link('connecting');
  takeFigures();
  connect();
  setInterval(() => { for (const row of rows.values()) tickRow(row); panelTick(); }, 500);
  setInterval(takeFigures, 5000);
}

function sortBy(name) {
  board.sort = name;
  for (const th of byId('head').children) {
    if (th.classList.contains(`c-${name}`)) th.setAttribute('aria-sort', 'descending'); else th.removeAttribute('aria-sort');
  }
  arrange();
}

addEventListener('DOMContentLoaded', begin);
