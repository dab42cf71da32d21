import { drawAttempts } from './attempts.mjs';
import { bytes, clock, count, millis, put, tokens } from './format.mjs';

const WORDS = {
  'attempt-opened': 'attempt', 'attempt-failed': 'attempt failed', 'attempt-closed': 'attempt over', retrying: 'retrying', 'first-token': 'first token',
  seam: 'seam', 'frame-rejected': 'frame rejected', warned: 'warning', error: 'error', ended: 'ended',
};

/** One stream: facts, attempts over time, everything that happened. */
export class Detail {
  #dialog;
  #view;
  #id = '';
  #missing = '';
  #asked = '';

  constructor(dialog, view) {
    this.#dialog = dialog;
    this.#view = view;
    dialog.addEventListener('close', () => {
      if (view.get('stream') !== '') view.set({ stream: '' });
    });
    this.#at('permalink').addEventListener('click', (event) => {
      event.preventDefault();
      this.#copy(event.currentTarget.href);
    });
  }

  /** Opens or closes it as the address wants. */
  follow() {
    const id = this.#view.get('stream');
    if (id === this.#id) return;
    this.#id = id;
    this.#missing = '';
    if (id === '') {
      this.#dialog.close();
      return;
    }
    put(this.#at('detail-title'), id);
    this.#clear('Fetching the stream …');
    const path = `streams/${encodeURIComponent(id)}`;
    const file = id.replace(/[^A-Za-z0-9_-]/g, '_');
    this.#link('permalink', this.#view.link({ stream: id }));
    this.#link('as-json', path, `${file}.json`);
    this.#link('as-csv', `${path}?format=csv`, `${file}.csv`);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.refresh();
  }

  /** Fetches the stream again while it is shown, once at a time. */
  async refresh() {
    const id = this.#id;
    if (id === '' || id === this.#missing || id === this.#asked) return;
    this.#asked = id;
    try {
      const response = await fetch(`streams/${encodeURIComponent(id)}`);
      if (this.#id !== id) return;
      if (!response.ok) {
        this.#missing = id;
        this.#clear('This stream is not kept, or no longer: the last thousand that ended are.');
        return;
      }
      const stream = await response.json();
      put(this.#at('gone'), '');
      this.#show(stream);
    } catch {
      put(this.#at('gone'), 'The server does not answer; what is shown is of before.');
    } finally {
      if (this.#asked === id) this.#asked = '';
    }
  }

  async #copy(link) {
    try {
      await navigator.clipboard.writeText(link);
      put(this.#at('gone'), 'The link is copied.');
    } catch {
      put(this.#at('gone'), `The link is in the address bar: ${link}`);
    }
  }

  #clear(words) {
    put(this.#at('gone'), words);
    for (const part of ['facts', 'lane', 'legend', 'timeline']) this.#at(part).replaceChildren();
    put(this.#at('skipped'), '');
  }

  #link(name, href, file) {
    const link = this.#at(name);
    link.setAttribute('href', href);
    if (file) link.download = file;
  }

  #at(id) {
    return document.getElementById(id);
  }

  #show(stream) {
    const times = (one, ...names) => (one.count === 0 ? '–' : names.map((name) => millis(one[name])).join(' / '));
    const facts = [
      ['state', stream.cause && stream.cause !== stream.state ? `${stream.state}: ${stream.cause}` : stream.state], ['model', stream.model],
      ['upstream', stream.upstream], ['protocol', stream.dialect], ['started', clock(stream.started_at)], ['duration', millis(stream.duration_ms)],
      ['first token', millis(stream.first_token_ms)], ['gaps p50 / p99 / max', times(stream.gaps, 'p50_ms', 'p99_ms', 'max_ms')],
      ['tokens in / out', `${tokens(stream.input_tokens)} / ${tokens(stream.output_tokens, stream.tokens_estimated)}`],
      ['tokens per second', stream.tokens_per_second > 0 ? stream.tokens_per_second.toFixed(1) : '–'], ['size', bytes(stream.bytes)],
      ['attempts / seams', `${count(stream.attempts)} / ${count(stream.seams)}`],
    ];
    const list = this.#at('facts');
    while (list.children.length < facts.length) {
      const pair = list.appendChild(document.createElement('div'));
      pair.append(document.createElement('dt'), document.createElement('dd'));
    }
    facts.forEach(([name, value], i) => {
      put(list.children[i].children[0], name);
      put(list.children[i].children[1], value || '–');
    });
    list.children[0].children[1].className = 'state';
    list.children[0].children[1].dataset.state = stream.state;
    drawAttempts(this.#at('lane'), this.#at('legend'), stream);
    const items = this.#at('timeline');
    while (items.children.length > stream.timeline.length) items.lastChild.remove();
    stream.timeline.forEach((entry, i) => this.#entry(items, i, entry));
    put(this.#at('skipped'), stream.timeline_skipped > 0 ? `${count(stream.timeline_skipped)} entries of the middle were not kept.` : '');
  }

  #entry(items, i, entry) {
    let item = items.children[i];
    if (!item) {
      item = items.appendChild(document.createElement('li'));
      item.append(document.createElement('time'), document.createElement('b'), document.createElement('span'));
    }
    item.className = entry.error ? 'error' : entry.kind;
    put(item.children[0], `+${millis(entry.at_ms)}`);
    put(item.children[1], `${WORDS[entry.kind] ?? entry.kind}${entry.attempt ? ` ${entry.attempt}` : ''}`);
    const facts = [entry.cause, entry.kind === 'attempt-failed' && entry.number > 0 && `HTTP ${entry.number}`, entry.rung && `by ${entry.rung}`,
      entry.kind === 'seam' && `at character ${count(entry.number)}`,
      entry.kind === 'retrying' && (entry.number > 0 ? `in ${millis(entry.number)}` : 'at once'), entry.detail];
    put(item.children[2], facts.filter(Boolean).join(', '));
  }
}
