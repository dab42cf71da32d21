import { bytes, count, millis, put, tokens } from './format.mjs';

const SVG = 'http://www.w3.org/2000/svg';
const WORDS = {
  'attempt-opened': 'attempt', 'attempt-failed': 'attempt failed', retrying: 'retrying', 'first-token': 'first token',
  seam: 'seam', 'frame-rejected': 'frame rejected', warned: 'warning', error: 'error', ended: 'ended',
};

/** One stream: facts, attempts over time, everything that happened. */
export class Detail {
  #dialog;
  #id = null;

  constructor(dialog) {
    this.#dialog = dialog;
    dialog.addEventListener('close', () => { this.#id = null; });
  }

  async open(id) {
    this.#id = id;
    put(this.#at('detail-title'), id);
    await this.refresh();
    if (this.#id === id && !this.#dialog.open) this.#dialog.showModal();
  }

  /** Fetches the stream again while it is shown. */
  async refresh() {
    const id = this.#id;
    if (id === null) return;
    try {
      const response = await fetch(`streams/${encodeURIComponent(id)}`);
      if (this.#id !== id) return;
      if (!response.ok) {
        put(this.#at('skipped'), 'This stream is no longer kept.');
        return;
      }
      this.#show(await response.json());
    } catch {
      put(this.#at('skipped'), 'The server does not answer.');
    }
  }

  #at(id) {
    return document.getElementById(id);
  }

  #show(stream) {
    const facts = [
      ['state', stream.cause ? `${stream.state}: ${stream.cause}` : stream.state], ['model', stream.model], ['upstream', stream.upstream],
      ['protocol', stream.dialect], ['started', new Date(stream.started_at).toLocaleTimeString()], ['duration', millis(stream.duration_ms)],
      ['first token', millis(stream.first_token_ms)], ['gaps p50 / p99', `${millis(stream.gaps.p50_ms)} / ${millis(stream.gaps.p99_ms)}`],
      ['tokens in / out', `${tokens(stream.input_tokens)} / ${tokens(stream.output_tokens, stream.tokens_estimated)}`], ['size', bytes(stream.bytes)],
      ['attempts', count(stream.attempts)], ['seams', count(stream.seams)],
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
    this.#lane(stream);
    const items = this.#at('timeline');
    while (items.children.length > stream.timeline.length) items.lastChild.remove();
    stream.timeline.forEach((entry, i) => this.#entry(items, i, entry));
    put(this.#at('skipped'), stream.timeline_skipped > 0 ? `${count(stream.timeline_skipped)} entries were not kept.` : '');
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
    const facts = [entry.cause, entry.rung && `by ${entry.rung}`, entry.kind === 'seam' && `at character ${count(entry.number)}`,
      entry.kind === 'retrying' && (entry.number > 0 ? `in ${millis(entry.number)}` : 'at once'), entry.detail];
    put(item.children[2], facts.filter(Boolean).join(', '));
  }

  /** Attempts as bars, the first token and seams as strokes. */
  #lane(stream) {
    const total = Math.max(1, stream.duration_ms);
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 1000 48');
    svg.setAttribute('preserveAspectRatio', 'none');
    const x = (ms) => Math.min(1000, (1000 * ms) / total);
    const bars = new Map();
    for (const entry of stream.timeline) {
      if (entry.kind === 'attempt-opened') bars.set(entry.attempt, { from: entry.at_ms, to: total, failed: false });
      const bar = bars.get(entry.attempt);
      if (entry.kind === 'attempt-failed' && bar) Object.assign(bar, { to: entry.at_ms, failed: true });
    }
    for (const bar of bars.values()) {
      this.#shape(svg, 'rect', { x: x(bar.from), y: 12, width: Math.max(2, x(bar.to) - x(bar.from)), height: 24, class: bar.failed ? 'attempt failed' : 'attempt' });
    }
    for (const entry of stream.timeline) {
      const kind = entry.kind === 'seam' ? 'seam' : entry.kind === 'first-token' ? 'first' : null;
      if (kind) this.#shape(svg, 'line', { x1: x(entry.at_ms), x2: x(entry.at_ms), y1: 4, y2: 44, class: kind, 'vector-effect': 'non-scaling-stroke' });
    }
    this.#at('lane').replaceChildren(svg);
  }

  #shape(svg, name, attributes) {
    const shape = svg.appendChild(document.createElementNS(SVG, name));
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
  }
}
