// The playground. Turns are kept in this tab's session, so that a reload finds them again; the text of
// the one under way comes from the gateway, by holdfast.mjs.

import { stream } from '/holdfast.mjs';
import { Path } from './path.mjs';
import { Timeline } from './timeline.mjs';
import { Turn, record } from './turn.mjs';
import { count, line } from './words.mjs';

const KEPT = 'playground';
const MOST_TURNS = 8;
const SUGGESTIONS = [
  { prompt: 'Why do streams break?' },
  { prompt: 'Write a story about a lighthouse.' },
  { prompt: 'What is a journal good for?' },
  { prompt: 'How do I bake good bread?', stubborn: true },
];

const byId = (id) => document.getElementById(id);
const prompt = byId('prompt');
const stubborn = byId('stubborn');
const turnsNode = byId('turns');
const path = new Path();
const timeline = new Timeline(byId('timeline'), byId('no-events'));

let turns = [];
let view = null; // The last turn's.
let answer = null; // The stream, while there is one.
let keys = true;
let leaving = false;

// ---------------------------------------------------------------- what is kept

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ turns: turns.slice(-MOST_TURNS), keys }));
  } catch {
    // Without storage a reload begins anew.
  }
}

function restore() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? '{}');
    turns = kept.turns ?? [];
    keys = kept.keys ?? true;
  } catch {
    turns = [];
  }
}

// ---------------------------------------------------------------- the screen

function announce(words) {
  byId('status').textContent = words;
}

/** How far the end of the answer is below what can be seen: of the list, or on a phone of the window. */
function below() {
  const bottom = Math.min(turnsNode.getBoundingClientRect().bottom, innerHeight);
  return view.node.getBoundingClientRect().bottom - bottom;
}

function isAtEnd() {
  return below() < 140;
}

function toEnd() {
  const gap = 16;
  if (turnsNode.scrollHeight > turnsNode.clientHeight + 1) turnsNode.scrollTop = turnsNode.scrollHeight;
  else if (below() > -gap) scrollBy(0, below() + gap);
}

function drawNotes() {
  const requests = view?.turn.requests ?? 0;
  path.note(
    view ? count(view.text.length, 'character') : 'nothing yet',
    requests > 0 ? count(requests, 'request') : 'a fault server');
}

function drawControls() {
  const busy = answer !== null;
  byId('send').hidden = busy;
  byId('stop').hidden = !busy;
  for (const id of ['reload', 'cut-browser', 'cut-provider']) byId(id).disabled = !busy;
  byId('keys').setAttribute('aria-pressed', String(keys));
  byId('keys').querySelector('b').textContent = keys ? 'on' : 'off';
  byId('suggestions').hidden = busy;
  document.body.dataset.busy = String(busy);
  if (!busy) {
    path.browser('idle');
    path.provider('idle');
  }
}

function log(entry, at = Date.now()) {
  const { turn } = view;
  const made = { kind: 'plain', icon: 'check', ...entry, at: Math.max(0, at - turn.begun) };
  const last = turn.log.at(-1);
  if (entry.again && last?.again === entry.again) {
    turn.log[turn.log.length - 1] = { ...made, at: last.at };
    timeline.update(turn.log.at(-1));
  } else {
    turn.log.push(made);
    timeline.add(made);
  }
  keep();
}

function show(turn) {
  byId('welcome').hidden = true;
  view = new Turn(turn, (old) => ask(old.prompt, old.stubborn));
  turnsNode.append(view.node);
  timeline.clear();
  turn.log.forEach((entry) => timeline.add(entry));
  return view;
}

// ---------------------------------------------------------------- an answer

function ask(words, isStubborn) {
  if (answer !== null || words.trim() === '') return;
  const turn = record(words.trim(), isStubborn);
  turns.push(turn);
  show(turn);
  while (turnsNode.querySelectorAll('.turn').length > MOST_TURNS) turnsNode.querySelector('.turn').remove();
  view.waiting('asking');
  begin(turn, false);
  keep();
  toEnd();
  view.focus();
}

function seamAt(turn, seam) {
  turn.seams.push(seam);
  turn.seams.sort((a, b) => a.offset - b.offset);
  view.draw();
  return turn.seams.indexOf(seam) + 1;
}

function begin(turn, isReload) {
  const mine = view;
  const headers = { 'x-holdfast-stream': turn.tag };
  if (turn.stubborn) headers['x-holdfast-continuation'] = 'drift';
  let reloaded = isReload && turn.shown > 0;
  let first = !isReload || turn.shown === 0;
  answer = stream(
    {
      url: '/v1/chat/completions',
      name: `${KEPT}-answer`,
      headers,
      body: { model: turn.model, stream: true, messages: [{ role: 'user', content: turn.prompt }] },
    },
    {
      onStart() {
        path.browser('flow');
        log({ icon: 'page', title: 'Connected', detail: 'The gateway has answered.' });
      },
      onToken(token) {
        const end = isAtEnd();
        mine.append(token);
        path.browser('flow');
        if (first) {
          first = false;
          log({ icon: 'send', title: 'First token', detail: 'The journal has it, then this page.' });
          announce('The answer begins.');
        }
        if (reloaded && mine.text.length >= turn.shown) {
          reloaded = false;
          const number = seamAt(turn, { offset: turn.shown, kind: 'reload' });
          log({ kind: 'reload', icon: 'check', number, title: 'Read again', detail: `${count(turn.shown, 'character')} came back from the journal, and the answer continues.` });
          announce('The page has read the answer again.');
        }
        if (mine.node.dataset.waiting) mine.waiting(null);
        if (!reloaded) path.writes();
        drawNotes();
        if (end) toEnd();
      },
      onRetry({ attempt }) {
        if (leaving) return; // A page that is unloaded loses its connections.
        path.browser('cut');
        mine.waiting('the page tries to come back');
        const times = attempt > 1 ? ` (${attempt} times so far)` : '';
        log({ again: 'retry', kind: 'browser', icon: 'reload', title: 'Page reconnects', detail: `The stream is gone for now; its place is known${times}.` });
        announce('The connection is lost. The page tries to come back.');
      },
      onSeam({ kind, after }) {
        if (kind !== 'connection') return; // The gateway's own seam has more to report.
        path.browser('flow');
        mine.waiting(null);
        const number = turn.lost === 'gateway' ? 0 : seamAt(turn, { offset: after, kind: 'browser' });
        turn.lost = null;
        log({ kind: 'browser', icon: 'check', number, title: `Resumed at character ${after.toLocaleString('en')}`, detail: 'From the journal, with no word repeated.' });
        announce('The page is back, and reads on.');
      },
      onError(error) {
        finish(mine, 'refused', { cause: error.code, detail: error.message, ...turn.end });
        log({ kind: 'bad', icon: 'cross', title: 'Not complete', detail: 'Reported as such, instead of passing half an answer off as whole.' });
        announce('The answer is not complete. You can retry.');
      },
      onComplete() {
        const millis = Date.now() - turn.begun;
        finish(mine, 'complete', turn.end);
        turn.figures = { millis, tokens: mine.tokens, seams: turn.seams.length, characters: mine.text.length, requests: Math.max(1, turn.requests), same: null };
        compare(mine);
        log({ kind: 'good', icon: 'check', title: 'Complete', detail: 'The provider’s own mark of a proper end is here.' });
        announce(`Complete: ${count(mine.tokens, 'token')}, ${count(turn.seams.length, 'seam')}.`);
      },
    });
  drawControls();
  drawNotes();
}

function finish(mine, state, end) {
  const { turn } = mine;
  answer = null;
  turn.state = state;
  turn.text = mine.text;
  turn.end = end;
  mine.waiting(null);
  mine.draw();
  drawControls();
  keep();
  toEnd();
}

/** What the provider meant to write, and how often it was asked. */
async function compare(mine) {
  const { turn } = mine;
  try {
    const response = await fetch(`/playground/streams/${turn.tag}`);
    const facts = response.ok ? await response.json() : null;
    if (facts !== null) {
      turn.figures.requests = facts.requests;
      turn.figures.same = facts.expected === turn.text;
      turn.requests = facts.requests;
    }
  } catch {
    // The figures that the page has remain.
  }
  mine.draw();
  drawNotes();
  keep();
  toEnd();
}

// ---------------------------------------------------------------- what the server reports

function gatewayIs(up, pid) {
  path.gateway(up, pid);
}

function happened({ at, n, what }) {
  if (what.event === 'up') gatewayIs(true, what.pid);
  if (what.event === 'killed') gatewayIs(false, what.pid);
  const turn = view?.turn;
  if (!turn || at < turn.begun - 1000 || n <= (turn.seen ?? 0)) return;
  turn.seen = n;
  if (what.model !== undefined && what.model !== turn.model) return;
  if (what.event === 'ended') {
    ended(turn, what);
    return;
  }
  if (turn.state !== 'streaming') return;
  const entry = line(what);
  switch (what.event) {
    case 'asked':
      // A new gateway takes what is stored for the first attempt; nothing is asked for it.
      if (!turn.killed || what.attempt > 1) turn.requests++;
      drawNotes();
      break;
    case 'first-text':
      path.provider('flow');
      break;
    case 'killed':
      turn.killed = true;
      turn.lost = 'gateway';
      view.waiting('the gateway is gone');
      break;
    case 'up':
      view.waiting('the new gateway reads the journal');
      break;
    case 'cut-provider':
    case 'attempt-failed':
      path.provider('cut');
      view.waiting('waiting for the provider');
      break;
    case 'seam': {
      const kind = turn.killed ? 'gateway' : 'provider';
      turn.killed = false;
      entry.kind = kind;
      entry.number = seamAt(turn, { offset: what.offset, kind, rung: what.rung });
      path.provider('flow');
      break;
    }
    default:
      break;
  }
  if (entry !== null) {
    log(entry, at);
    announce(`${entry.title}. ${entry.detail}`);
  }
}

/** May come before or after the stream's own end. */
function ended(turn, what) {
  turn.end = { ...turn.end, ...(what.complete ? {} : { stopped_by: what.stopped_by, cause: what.cause, detail: what.detail }) };
  if (turn.state === 'refused') {
    view.draw();
    drawNotes();
    toEnd();
  }
  keep();
}

function listen() {
  const last = view?.turn.state === 'streaming' ? (view.turn.seen ?? 0) : '';
  const events = new EventSource(`/playground/events?after=${last}`);
  events.addEventListener('message', (event) => happened(JSON.parse(event.data)));
  events.addEventListener('state', (event) => {
    const { up, pid } = JSON.parse(event.data);
    gatewayIs(up, pid);
  });
}

// ---------------------------------------------------------------- what the user does

function press(name) {
  return fetch(`/playground/${name}`, { method: 'POST', headers: { 'x-holdfast-playground': '1' } }).catch(() => {});
}

function stop() {
  if (answer === null) return;
  const stopped = answer;
  log({ icon: 'stop', title: 'Stopped', detail: 'The provider is stopped, too.' });
  finish(view, 'stopped', null);
  stopped.abort();
  announce('The answer is stopped.');
}

function fit() {
  prompt.rows = Math.min(5, Math.max(1, prompt.value.split('\n').length));
}

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  if (answer !== null || prompt.value.trim() === '') return;
  const words = prompt.value;
  prompt.value = '';
  fit();
  ask(words, stubborn.checked);
});
prompt.addEventListener('input', fit);
prompt.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId('ask').requestSubmit();
  }
});
byId('stop').addEventListener('click', stop);
byId('reload').addEventListener('click', () => {
  leaving = true;
  location.reload();
});
for (const name of ['cut-browser', 'kill-gateway', 'cut-provider']) {
  byId(name).addEventListener('click', () => press(name));
}
byId('keys').addEventListener('click', () => {
  keys = !keys;
  drawControls();
  keep();
});
for (const { prompt: words, stubborn: isStubborn } of SUGGESTIONS) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = words;
  if (isStubborn) {
    const badge = document.createElement('span');
    badge.className = 'badge';
    badge.textContent = 'stubborn model';
    button.append(badge);
  }
  button.addEventListener('click', () => {
    stubborn.checked = Boolean(isStubborn);
    ask(words, stubborn.checked);
  });
  byId('suggestions').append(button);
}
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    stop();
    return;
  }
  const typing = event.target instanceof HTMLTextAreaElement;
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === '/') {
    event.preventDefault();
    prompt.focus();
    return;
  }
  if (!keys) return;
  const name = { 1: 'reload', 2: 'cut-browser', 3: 'kill-gateway', 4: 'cut-provider' }[event.key];
  if (name) byId(name).click();
  if (event.key === 'r' && answer === null) view?.retry?.click();
});
addEventListener('beforeunload', () => {
  leaving = true;
});
addEventListener('pageshow', () => {
  leaving = false;
});
addEventListener('pagehide', () => {
  if (answer === null || view === null) return;
  view.turn.shown = Math.max(view.turn.shown, view.text.length);
  keep();
});
setInterval(() => {
  if (answer !== null) view.meter();
}, 250);

history.scrollRestoration = 'manual';
restore();
turns.forEach(show);
if (view !== null && view.turn.state === 'streaming') {
  const { turn } = view;
  log({ kind: 'reload', icon: 'reload', title: 'Page reloaded', detail: 'It knows the name of the stream, and nothing else.' });
  begin(turn, true);
}
drawControls();
drawNotes();
listen();
if (view !== null) toEnd();
document.documentElement.dataset.ready = 'true';
