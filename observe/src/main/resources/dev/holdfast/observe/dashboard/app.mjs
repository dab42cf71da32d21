// Wires the page: one event stream and the history in, figures, plots and rows out.
import { Detail } from './detail.mjs';
import { count, put } from './format.mjs';
import { Groups } from './groups.mjs';
import { History } from './history.mjs';
import { Model, matching } from './model.mjs';
import { Plots } from './plots.mjs';
import { View } from './state.mjs';
import { Table } from './table.mjs';
import { showErrors, showTiles } from './tiles.mjs';

const at = (id) => document.getElementById(id);
const model = new Model();
const history = new History();
const view = new View(() => follow());
const plots = new Plots(at('plots'), at('plots-value'), history);
const detail = new Detail(at('detail'), view);
const table = new Table(at('rows'), at('heads'), at('sort'), view);
const search = (name) => view.set({ q: name, state: '' });
const models = new Groups(at('models'), 'Model', search);
const upstreams = new Groups(at('upstreams'), 'Upstream', search);
let paused = false;

function minutes() {
  return Number(view.get('window'));
}

/** Sets the controls as the address wants, and shows it. */
function follow() {
  document.querySelector(`input[name="window"][value="${minutes()}"]`).checked = true;
  if (at('search').value !== view.get('q')) at('search').value = view.get('q');
  at('filter').value = view.get('state');
  detail.follow();
  show();
}

function show() {
  history.refresh(minutes(), showPlots);
  const window = model.window(minutes());
  if (window === null || document.hidden) return;
  const started = performance.now();
  at('welcome').hidden = model.report.total > 0;
  showTiles(model.report, window);
  showErrors(window);
  models.show(window.by_model ?? [], window);
  upstreams.show(window.by_upstream ?? [], window);
  showStreams(window);
  // For whoever measures: how long the page's own work took.
  document.documentElement.dataset.scriptingMs = (performance.now() - started).toFixed(2);
}

function showPlots() {
  put(at('plots-note'), history.problem);
  if (!document.hidden) plots.draw();
}

function showStreams(window) {
  const all = model.during(minutes());
  const found = matching(all, view.get('q'), view.get('state'));
  const page = table.show(found);
  const live = model.live.length;
  const ended = all.length - live;
  // More may have ended than are kept.
  const more = ended === model.finished.length && window.ended > ended ? `the last ${count(ended)} of ${count(window.ended)}` : count(ended);
  put(at('streams-note'), `${count(live)} live, ${more} that ended in the last ${minutes()} min`);
  put(at('more'), page.all === 0 ? '' : `${count(page.from + 1)} to ${count(page.from + page.shown)} of ${count(page.all)}`);
  at('previous').disabled = page.first;
  at('next').disabled = page.last;
  showEmpty(all, page.all);
}

/** Where no row is shown: what would appear, and what to do. */
function showEmpty(all, shown) {
  const older = model.finished.length;
  at('empty').hidden = shown > 0;
  at('list').classList.toggle('blank', shown === 0);
  const filtered = all.length > 0;
  at('empty-action').hidden = !filtered && (older === 0 || minutes() === 60);
  if (filtered) {
    put(at('empty-text'), 'No stream matches.');
    put(at('empty-action'), 'Show all');
  } else if (older > 0) {
    put(at('empty-text'), `No stream in the last ${minutes()} min; ${count(older)} older ones are kept.`);
    put(at('empty-action'), 'Show the last 60 min');
  } else {
    put(at('empty-text'), 'No stream yet. A row appears for each one within a second of its beginning, with its state, times, tokens and attempts.');
  }
}

function link(state, text) {
  at('link').dataset.state = state;
  put(at('link-text'), text);
}

const events = new EventSource('events');
events.addEventListener('news', (event) => {
  model.take(JSON.parse(event.data));
  link('live', paused ? 'live, paused' : 'live');
  if (paused) return;
  show();
  detail.refresh();
});
events.addEventListener('error', () => {
  // The browser comes back by itself, with the id of the last event it saw.
  link('lost', events.readyState === EventSource.CLOSED ? 'not connected; reload to try again' : 'connection lost, trying again');
});

at('windows').addEventListener('change', (event) => view.set({ window: event.target.value }));
at('search').addEventListener('input', () => view.set({ q: at('search').value }));
at('filter').addEventListener('change', () => view.set({ state: at('filter').value }));
at('empty-action').addEventListener('click', () => {
  view.set(model.during(minutes()).length > 0 ? { q: '', state: '' } : { window: '60' });
});
at('previous').addEventListener('click', () => { table.turnPage(-1); show(); });
at('next').addEventListener('click', () => { table.turnPage(1); show(); });
at('pause').addEventListener('click', () => {
  paused = !paused;
  at('pause').setAttribute('aria-pressed', String(paused));
  put(at('pause'), paused ? 'Continue' : 'Pause');
  put(at('link-text'), paused ? 'live, paused' : 'live');
  if (!paused) show();
});
document.addEventListener('visibilitychange', show);
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '');
  if (event.key === '/' && !typing && !at('detail').open) {
    event.preventDefault();
    at('search').focus();
  }
});
follow();
