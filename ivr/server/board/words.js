'use strict';
// What the board says, in the language of the page.
const LANGUAGE = document.documentElement.lang;
const EVERY_WORD = {
  en: {
    title: 'Calls', filter: 'Filter: number, line, node, state', logout: 'Log out', other: 'العربية',
    second: '{0} s', role_view: 'view', role_listen: 'listen', role_act: 'act', connecting: 'Connecting', live: 'Live', off: 'No connection',
    lost: 'The connection is lost: what is shown is from {0}. Trying again.',
    many: 'You have too many boards open. This one was closed; reload it to go on here.',
    empty: 'No calls at the moment.', nothing: 'No call fits the filter.',
    keys: '↑ ↓ choose a call, Enter opens it, Escape closes it, / filters',
    nodes: 'Nodes', lines: 'Lines', calls: 'Calls', of: 'of {0}', waiting: 'Waiting now', median: 'Median wait',
    longest: 'Longest wait', faults: 'Faults, 5 min', draining: 'draining', closed: 'closed',
    drain: 'Drain', close: 'Close', open: 'Open',
    c_state: 'State', c_caller: 'Caller', c_line: 'Line', c_time: 'Time', c_turns: 'Turns', c_wait: 'Wait',
    c_longest: 'Longest', c_faults: 'Faults', c_node: 'Node', c_signs: '',
    hearing: 'Caller speaks', transcribing: 'Understanding', thinking: 'Thinking', speaking: 'Agent speaks',
    yielding: 'Both speak', listening: 'Quiet', ending: 'Ending', other_state: 'Live',
    recorded: 'recorded', listened: '{0} listening', resumed: 'resumed {0}×', unknown: 'unknown', fault_n: '{0} faults',
    f_line: 'Line', f_called: 'Dialled', f_node: 'Node', f_time: 'Time', f_turns: 'Turns', f_wait: 'Last wait',
    f_longest: 'Longest wait', f_faults: 'Faults', f_signs: 'Also', f_id: 'Call', outbound: 'called by the bridge',
    waits: 'Waits, as seen here', talk: 'Words', no_words: 'This line keeps no words.',
    no_role: 'Your role does not read words.', no_talk: 'Nothing was said yet.', gone: 'This call is over.',
    caller: 'Caller', agent: 'Agent', close_panel: 'Close', listen: 'Listen in', stop_listen: 'Stop listening',
    many_listen: 'Too many listen now: try again later.', lost_listen: 'The sound was lost: press Listen in again.',
    hangup: 'Hang up', say: 'Say', transfer: 'Transfer',
    ask_hangup: 'End this call?', text_hangup: 'The caller hears a goodbye.', ask_say: 'What should the agent say?',
    text_say: 'It is said at the next end of a sentence.', ask_transfer: 'Transfer this call?',
    text_transfer: 'The caller is connected with this number.', ask_drain: 'Drain {0}?',
    text_drain: 'It takes no new calls, and ends after its last one.', ask_close: 'Close the line {0}?',
    text_close: 'New callers hear that it is closed. Calls on the line go on.', ask_open: 'Open the line {0} again?',
    text_open: 'New callers are answered.', cancel: 'Cancel',
    done_hangup: 'Asked to end the call.', done_say: 'Asked to say it.', done_transfer: 'Asked to transfer.',
    done_drain: 'Asked to drain.', done_close: 'The line is closed.', done_open: 'The line is open.',
    failed: 'That did not work: {0}', no_answer: 'no answer', ended: 'The call with {0} is over.',
    no_such_call: 'the call is over', too_many_acts: 'too often, wait a minute', lesser_role: 'your role does not allow it',
    not_listed: 'the number is not in the list', no_such_node: 'the node is gone', foreign_page: 'reload the page',
    bad_body: 'the text cannot be said',
  },
  ar: {
    title: 'المكالمات', filter: 'تصفية: رقم، خط، عقدة، حالة', logout: 'خروج', other: 'English',
    second: '{0} ث', role_view: 'مشاهدة', role_listen: 'استماع', role_act: 'تحكم', connecting: 'جارٍ الاتصال', live: 'مباشر', off: 'لا اتصال',
    lost: 'انقطع الاتصال: المعروض من الساعة {0}. تجري المحاولة مجددًا.',
    many: 'لديك لوحات كثيرة مفتوحة. أُغلقت هذه؛ أعد تحميلها للمتابعة هنا.',
    empty: 'لا مكالمات الآن.', nothing: 'لا مكالمة تطابق التصفية.',
    keys: '↑ ↓ لاختيار مكالمة، Enter لفتحها، Escape لإغلاقها، / للتصفية',
    nodes: 'العقد', lines: 'الخطوط', calls: 'المكالمات', of: 'من {0}', waiting: 'ينتظرون الآن', median: 'وسيط الانتظار',
    longest: 'أطول انتظار', faults: 'أعطال، ٥ دقائق', draining: 'تُفرَّغ', closed: 'مغلق',
    drain: 'تفريغ', close: 'إغلاق', open: 'فتح',
    c_state: 'الحالة', c_caller: 'المتصل', c_line: 'الخط', c_time: 'المدة', c_turns: 'الأدوار', c_wait: 'الانتظار',
    c_longest: 'الأطول', c_faults: 'الأعطال', c_node: 'العقدة', c_signs: '',
    hearing: 'المتصل يتحدث', transcribing: 'جارٍ الفهم', thinking: 'جارٍ التفكير', speaking: 'الوكيل يتحدث',
    yielding: 'كلاهما يتحدث', listening: 'صمت', ending: 'تنتهي', other_state: 'جارية',
    recorded: 'مسجّلة', listened: '{0} يستمعون', resumed: 'استؤنفت {0}×', unknown: 'غير معروف', fault_n: '{0} أعطال',
    f_line: 'الخط', f_called: 'الرقم المطلوب', f_node: 'العقدة', f_time: 'المدة', f_turns: 'الأدوار', f_wait: 'آخر انتظار',
    f_longest: 'أطول انتظار', f_faults: 'الأعطال', f_signs: 'أيضًا', f_id: 'المكالمة', outbound: 'اتصل بها الجسر',
    waits: 'أوقات الانتظار كما ظهرت هنا', talk: 'الكلام', no_words: 'هذا الخط لا يحفظ الكلام.',
    no_role: 'دورك لا يسمح بقراءة الكلام.', no_talk: 'لم يُقل شيء بعد.', gone: 'انتهت هذه المكالمة.',
    caller: 'المتصل', agent: 'الوكيل', close_panel: 'إغلاق', listen: 'استماع', stop_listen: 'إيقاف الاستماع',
    many_listen: 'عدد المستمعين كبير الآن: حاول لاحقًا.', lost_listen: 'انقطع الصوت: اضغط «استماع» من جديد.',
    hangup: 'إنهاء', say: 'قول', transfer: 'تحويل',
    ask_hangup: 'إنهاء هذه المكالمة؟', text_hangup: 'يسمع المتصل كلمة وداع.', ask_say: 'ماذا يقول الوكيل؟',
    text_say: 'يُقال عند نهاية الجملة التالية.', ask_transfer: 'تحويل هذه المكالمة؟',
    text_transfer: 'يوصَل المتصل بهذا الرقم.', ask_drain: 'تفريغ {0}؟',
    text_drain: 'لا تستقبل مكالمات جديدة وتنتهي بعد آخر مكالمة.', ask_close: 'إغلاق الخط {0}؟',
    text_close: 'يسمع المتصلون الجدد أنه مغلق، وتستمر المكالمات الجارية.', ask_open: 'فتح الخط {0} من جديد؟',
    text_open: 'يُجاب المتصلون الجدد.', cancel: 'تراجع',
    done_hangup: 'طُلب إنهاء المكالمة.', done_say: 'طُلب قول ذلك.', done_transfer: 'طُلب التحويل.',
    done_drain: 'طُلب التفريغ.', done_close: 'الخط مغلق.', done_open: 'الخط مفتوح.',
    failed: 'لم ينجح ذلك: {0}', no_answer: 'لا جواب', ended: 'انتهت المكالمة مع {0}.',
    no_such_call: 'انتهت المكالمة', too_many_acts: 'مرات كثيرة، انتظر دقيقة', lesser_role: 'دورك لا يسمح',
    not_listed: 'الرقم ليس في القائمة', no_such_node: 'العقدة غير موجودة', foreign_page: 'أعد تحميل الصفحة',
    bad_body: 'لا يمكن قول هذا النص',
  },
};
const WORDS = EVERY_WORD[LANGUAGE] || EVERY_WORD.en;
const word = (name, ...values) => (WORDS[name] ?? name).replace(/\{(\d)\}/g, (_, place) => values[place]);

// Elements, made without any markup: whatever a caller's name holds stays text.
const byId = (id) => document.getElementById(id);
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') made.className = value;
    else if (name === 'text') made.textContent = value;
    else if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
function icon(name, label = '') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'i');
  if (label) { svg.setAttribute('role', 'img'); svg.setAttribute('aria-label', label); } else svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}
function write(where, text) { if (where.textContent !== text) where.textContent = text; }

const clock = (seconds) => {
  const all = Math.max(0, Math.floor(seconds)), minutes = Math.floor(all / 60) % 60, hours = Math.floor(all / 3600);
  const two = (number) => String(number).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
};
const seconds = (ms) => (ms === null || ms === undefined ? '–' : word('second', (ms / 1000).toFixed(1)));
// The bounds of docs/operating.md: nine in ten callers wait less than the first, nineteen in twenty less than the second.
const SLOW_MS = 3500, BAD_MS = 5000;
const slowness = (ms) => (ms >= BAD_MS ? 'bad' : ms >= SLOW_MS ? 'slow' : '');
const STATES = {
  hearing: 'caller', transcribing: 'thinking', thinking: 'thinking', speaking: 'agent', yielding: 'both',
  listening: 'quiet', ending: 'ending',
};
const AWAITED = new Set(['transcribing', 'thinking']);
const tone = (state) => STATES[state] || 'quiet';
const stateWord = (state) => word(state in STATES ? state : 'other_state');
const person = (call) => (call.direction === 'inbound' ? call.caller : call.called) || word('unknown');
