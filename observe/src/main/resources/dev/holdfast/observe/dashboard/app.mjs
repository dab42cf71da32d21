// Wires the page: one event stream in, figures, plots and rows out.
import { Detail } from './detail.mjs';
import { put } from './format.mjs';
import { Model } from './model.mjs';
import { Plots } from './plots.mjs';
import { Table } from './table.mjs';
import { showTiles } from './tiles.mjs';

const at = (id) => document.getElementById(id);
const model = new Model();
const plots = new Plots(at('plots'), model);
const detail = new Detail(at('detail'));
const table = new Table(at('rows'), at('more'), (id) => detail.open(id));

function minutes() {
  return Number(document.querySelector('input[name="window"]:checked').value);
}

function show() {
  if (model.report === null || document.hidden) return;
  const started = performance.now();
  showTiles(model.report, minutes());
  table.show(model.matching(at('search').value, at('filter').value));
  plots.draw();
  // For whoever measures: how long the page's own work took.
  document.documentElement.dataset.scriptingMs = (performance.now() - started).toFixed(2);
}

function link(state, text) {
  at('link').dataset.state = state;
  put(at('link-text'), text);
}

const events = new EventSource('events');
events.addEventListener('news', (event) => {
  model.take(JSON.parse(event.data), Date.now() / 1000);
  link('live', 'live');
  show();
  detail.refresh();
});
events.addEventListener('error', () => {
  model.forget();
  // The browser comes back by itself, with the id of the last event it saw.
  link('lost', events.readyState === EventSource.CLOSED ? 'not connected; reload to try again' : 'connection lost, trying again');
});

at('windows').addEventListener('change', show);
at('search').addEventListener('input', show);
at('filter').addEventListener('change', show);
document.addEventListener('visibilitychange', show);
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '');
  if (event.key === '/' && !typing && !at('detail').open) {
    event.preventDefault();
    at('search').focus();
  }
});
