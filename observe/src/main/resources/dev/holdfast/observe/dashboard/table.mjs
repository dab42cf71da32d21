import { bytes, clock, count, millis, put, tokens } from './format.mjs';

const text = (name) => (stream) => stream[name] ?? '';
const number = (name) => (stream) => stream[name];
const COLUMNS = [
  { key: 'id', label: 'Stream', value: text('id') },
  { key: 'state', label: 'State', value: (s) => `${s.state} ${s.cause ?? ''}` },
  { key: 'model', label: 'Model', value: text('model'), show: (s) => s.model || '–' },
  { key: 'upstream', label: 'Upstream', value: text('upstream'), show: (s) => s.upstream || '–' },
  { key: 'started', label: 'Started', n: true, value: (s) => Date.parse(s.started_at), show: (s) => clock(s.started_at) },
  { key: 'duration', label: 'Duration', n: true, value: number('duration_ms'), show: (s) => millis(s.duration_ms) },
  { key: 'first', label: 'First token', n: true, value: number('first_token_ms'), show: (s) => millis(s.first_token_ms) },
  { key: 'tokens', label: 'Tokens', n: true, value: number('output_tokens'), show: (s) => tokens(s.output_tokens, s.tokens_estimated) },
  { key: 'rate', label: 'Tokens/s', n: true, value: number('tokens_per_second'), show: (s) => (s.tokens_per_second > 0 ? count(Math.round(s.tokens_per_second)) : '–') },
  { key: 'size', label: 'Size', n: true, value: number('bytes'), show: (s) => bytes(s.bytes) },
  { key: 'attempts', label: 'Attempts', n: true, value: number('attempts'), show: (s) => count(s.attempts) },
  { key: 'seams', label: 'Seams', n: true, value: number('seams'), show: (s) => count(s.seams) },
];
const ORDER = new Intl.Collator('en', { numeric: true });
const SMALL = matchMedia('(max-width: 40rem)');

/** The table of streams, in pages. Rows are reused, so that focus and scrolling stay where they are. */
export class Table {
  #body;
  #heads;
  #choice;
  #view;
  #rows = new Map();
  #page = 0;
  #what = '';

  constructor(body, heads, choice, view) {
    this.#body = body;
    this.#heads = heads;
    this.#choice = choice;
    this.#view = view;
    this.#makeHeads();
    body.addEventListener('click', (event) => {
      const link = event.target.closest('a');
      const id = event.target.closest('tr')?.dataset.id;
      // A click with a key opens the permalink in another tab; text may be selected.
      if (id === undefined || event.ctrlKey || event.metaKey || event.shiftKey || (!link && String(getSelection()) !== '')) return;
      event.preventDefault();
      view.set({ stream: id });
    });
  }

  #makeHeads() {
    const standard = new Option('live first', '');
    this.#choice.append(standard);
    for (const column of COLUMNS) {
      const head = this.#heads.appendChild(document.createElement('th'));
      head.scope = 'col';
      if (column.n) head.className = 'n';
      const button = head.appendChild(document.createElement('button'));
      button.type = 'button';
      button.textContent = column.label;
      button.addEventListener('click', () => this.#turn(column));
      this.#choice.append(new Option(`${column.label}, ${column.n ? 'greatest' : 'last'} first`, `-${column.key}`));
      this.#choice.append(new Option(`${column.label}, ${column.n ? 'least' : 'first'} first`, column.key));
    }
    this.#choice.addEventListener('change', () => this.#view.set({ sort: this.#choice.value }));
  }

  /** Numbers: greatest first, least first, none; text: the other way round. */
  #turn(column) {
    const down = `-${column.key}`;
    const turns = column.n ? [down, column.key, ''] : [column.key, down, ''];
    this.#page = 0;
    this.#view.set({ sort: turns[(turns.indexOf(this.#view.get('sort')) + 1) % 3] });
  }

  turnPage(by) {
    this.#page = Math.max(0, this.#page + by);
  }

  show(streams) {
    const what = ['window', 'q', 'state', 'sort'].map((name) => this.#view.get(name)).join('\n');
    if (what !== this.#what) this.#page = 0;
    this.#what = what;
    const size = SMALL.matches ? 20 : 50;
    const last = Math.max(0, Math.ceil(streams.length / size) - 1);
    this.#page = Math.min(this.#page, last);
    const from = this.#page * size;
    const shown = this.#sorted(streams).slice(from, from + size);
    const ids = new Set(shown.map((stream) => stream.id));
    for (const [id, row] of this.#rows) {
      if (!ids.has(id)) {
        row.remove();
        this.#rows.delete(id);
      }
    }
    shown.forEach((stream, i) => {
      let row = this.#rows.get(stream.id);
      if (!row) {
        row = this.#make(stream.id);
        this.#rows.set(stream.id, row);
      }
      if (this.#body.children[i] !== row) this.#body.insertBefore(row, this.#body.children[i] ?? null);
      this.#fill(row, stream);
    });
    return { from, shown: shown.length, all: streams.length, first: this.#page === 0, last: this.#page === last };
  }

  #sorted(streams) {
    const sort = this.#view.get('sort');
    const column = COLUMNS.find(({ key }) => key === sort.replace('-', ''));
    const direction = sort.startsWith('-') ? -1 : 1;
    COLUMNS.forEach((one, i) => {
      const state = one !== column ? 'none' : direction < 0 ? 'descending' : 'ascending';
      this.#heads.children[i].setAttribute('aria-sort', state);
    });
    const chosen = column ? sort : '';
    if (this.#choice.value !== chosen) this.#choice.value = chosen;
    if (!column) return streams;
    return streams.map((stream) => [column.value(stream), stream]).sort(([a], [b]) => {
      // What is not known comes last, either way.
      if (a == null || a === '' || b == null || b === '') return (a == null || a === '') - (b == null || b === '');
      return direction * (column.n ? a - b : ORDER.compare(a, b));
    }).map(([, stream]) => stream);
  }

  #make(id) {
    const row = document.createElement('tr');
    row.dataset.id = id;
    for (const column of COLUMNS) {
      const cell = row.appendChild(document.createElement('td'));
      cell.className = column.n ? `n ${column.key}` : column.key;
      cell.dataset.label = column.label;
    }
    row.children[0].appendChild(document.createElement('a')).textContent = id;
    return row;
  }

  #fill(row, stream) {
    const link = row.children[0].firstChild;
    const href = this.#view.link({ stream: stream.id });
    if (link.getAttribute('href') !== href) link.setAttribute('href', href);
    const state = row.children[1];
    if (state.dataset.state !== stream.state) state.dataset.state = stream.state;
    put(state, stream.cause && stream.cause !== stream.state ? `${stream.state}: ${stream.cause}` : stream.state);
    COLUMNS.forEach((column, i) => {
      if (!column.show) return;
      put(row.children[i], column.show(stream));
      if (!column.n) row.children[i].title = stream[column.key];
    });
  }
}
