import { count, millis, put } from './format.mjs';

/** Outcomes of an attempt; each has one colour, and its word beside it. */
export const OUTCOMES = { complete: 'complete', failed: 'failed', dropped: 'dropped', open: 'under way' };

/** The attempts of a stream, from what happened to it. */
export function attemptsOf(stream) {
  const all = new Map();
  let wait = null;
  let winner = null;
  for (const entry of stream.timeline) {
    if (entry.kind === 'retrying') wait = entry;
    if (entry.kind === 'attempt-opened') {
      all.set(entry.attempt, { number: entry.attempt, from: entry.at_ms, to: null, upstream: entry.detail, outcome: 'open', words: [], wait, marks: [] });
      wait = null;
    }
    const attempt = all.get(entry.attempt);
    if (!attempt) continue;
    if (entry.kind === 'attempt-failed') {
      Object.assign(attempt, { to: entry.at_ms, outcome: 'failed' });
      attempt.words.push(entry.cause, entry.number > 0 && `HTTP ${entry.number}`, entry.detail);
    } else if (entry.kind === 'attempt-closed') {
      // Of two that ran at a time, the one that brought the end is over last.
      winner = Object.assign(attempt, { to: entry.at_ms, outcome: 'dropped' });
    } else if (entry.kind === 'first-token') {
      attempt.marks.push({ at: entry.at_ms, kind: 'first', words: `first token after ${millis(entry.at_ms)}` });
    } else if (entry.kind === 'seam') {
      attempt.marks.push({ at: entry.at_ms, kind: 'seam', words: `seam at character ${count(entry.number)}${entry.rung ? ` by ${entry.rung}` : ''}` });
    }
  }
  const list = [...all.values()];
  if (list.length === 0 && stream.state !== 'active') {
    // A stream of others: no attempts are known of it, only its length.
    list.push({ number: 1, from: 0, to: stream.duration_ms, upstream: stream.upstream, outcome: stream.state === 'complete' ? 'complete' : stream.state === 'cancelled' ? 'dropped' : 'failed', words: [stream.cause], wait: null, marks: [] });
  }
  const last = winner ?? list.findLast((one) => one.outcome !== 'failed');
  if (stream.state === 'complete' && last) last.outcome = 'complete';
  for (const one of list) {
    if (one.outcome === 'open' && stream.state !== 'active') one.outcome = 'dropped';
    one.to ??= stream.duration_ms;
  }
  return list;
}

/** Round moments for an axis, at most six after zero. */
export function ticks(total) {
  const rough = Math.max(1, total) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const clock = [10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => 1000 * seconds);
  const steps = rough > 5000 && rough <= clock.at(-1) ? clock : [1, 2, 5, 10].map((n) => n * power);
  const step = steps.find((n) => n >= rough);
  const all = [];
  for (let at = 0; at <= total; at += step) all.push(at);
  return all;
}

function element(parent, name, className, text) {
  const made = parent.appendChild(document.createElement(name));
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function cell(row, role, className) {
  const made = element(row, 'div', className);
  made.setAttribute('role', role);
  return made;
}

/** Draws them: a row each, on one axis. */
export function drawAttempts(lane, legend, stream) {
  const attempts = attemptsOf(stream);
  const total = Math.max(1, stream.duration_ms);
  const percent = (ms) => `${(100 * Math.min(total, Math.max(0, ms))) / total}%`;
  const place = (made, from, to) => {
    made.style.left = percent(from);
    if (to !== undefined) made.style.width = `${Math.max(0, (100 * (Math.min(total, to) - from)) / total)}%`;
    return made;
  };
  const rows = document.createDocumentFragment();
  const row = () => {
    const made = element(rows, 'div', 'attempt');
    made.setAttribute('role', 'row');
    return made;
  };
  const head = row();
  head.classList.add('head');
  cell(head, 'columnheader', 'who').textContent = 'Upstream';
  const axis = cell(head, 'columnheader', 'track');
  element(axis, 'span', 'hidden', 'Time');
  for (const at of ticks(total)) place(element(axis, 'span', 'tick', at === 0 ? '0' : millis(at)), at).classList.toggle('end', at > 0.9 * total);
  cell(head, 'columnheader', 'what').textContent = 'Outcome';
  attempts.forEach((one) => {
    const line = row();
    const who = cell(line, 'rowheader', 'who');
    element(who, 'b', '', `${one.number}`);
    element(who, 'span', '', one.upstream || stream.upstream || 'unknown');
    const track = cell(line, 'cell', 'track');
    for (const at of ticks(total)) place(element(track, 'span', 'grid'), at);
    if (one.wait && one.wait.at_ms < one.from) {
      place(element(track, 'span', 'wait'), one.wait.at_ms, one.from).title = `waited ${millis(one.from - one.wait.at_ms)}`;
    }
    const bar = place(element(track, 'span', `piece ${one.outcome}`), one.from, one.to);
    bar.title = `${OUTCOMES[one.outcome]}, ${millis(one.from)} to ${millis(one.to)}`;
    for (const mark of one.marks) place(element(track, 'span', `mark ${mark.kind}`), mark.at).title = mark.words;
    const waited = one.wait && one.from - one.wait.at_ms >= 1 ? `after a wait of ${millis(one.from - one.wait.at_ms)}` : '';
    const [cause, ...words] = [...one.words.filter(Boolean), one.wait?.rung && `by ${one.wait.rung}`, waited].filter(Boolean);
    const named = one.words.some(Boolean);
    const what = cell(line, 'cell', 'what');
    element(what, 'b', one.outcome, named ? `${OUTCOMES[one.outcome]}: ${cause}` : OUTCOMES[one.outcome]);
    element(what, 'span', '', [millis(one.to - one.from), ...(named ? words : [cause, ...words])].filter(Boolean).join(', '));
  });
  if (attempts.length === 0) cell(row(), 'cell', 'none').textContent = 'No attempt is recorded yet: each request of this stream gets a row here, with its upstream and outcome.';
  lane.replaceChildren(rows);
  const met = new Set(attempts.map((one) => one.outcome));
  const kinds = new Set(attempts.flatMap((one) => one.marks.map((mark) => mark.kind)));
  const items = Object.entries(OUTCOMES).filter(([kind]) => met.has(kind)).map(([kind, word]) => [`piece ${kind}`, word]);
  if (attempts.some((one) => one.wait && one.wait.at_ms < one.from)) items.push(['wait', 'waiting']);
  if (kinds.has('first')) items.push(['mark first', 'first token']);
  if (kinds.has('seam')) items.push(['mark seam', 'seam']);
  while (legend.children.length > items.length) legend.lastChild.remove();
  items.forEach(([className, word], i) => {
    let item = legend.children[i];
    if (!item) {
      item = legend.appendChild(document.createElement('li'));
      item.append(document.createElement('span'), document.createElement('span'));
    }
    item.firstChild.className = className;
    put(item.lastChild, word);
  });
}
