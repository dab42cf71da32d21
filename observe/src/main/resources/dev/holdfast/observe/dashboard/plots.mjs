import uPlot from './uplot/uPlot.esm.js';
import { brief, bytes, count, day, millis, put } from './format.mjs';

const rate = (unit) => (v) => `${unit(v)}/s`;
const tokens = (v) => `≈ ${count(Math.round(v))}`;
const number = (v) => count(Math.round(v));
const PLOTS = [
  { title: 'Time to first token', sparse: true, none: 'No first token', unit: millis, lines: [['first_token_p50_ms', 'p50'], ['first_token_p95_ms', 'p95']] },
  { title: 'Gaps between tokens', none: 'No gaps between tokens', unit: millis, lines: [['gap_p50_ms', 'p50'], ['gap_p99_ms', 'p99']] },
  { title: 'Tokens per second', none: 'No tokens', unit: rate(tokens), axis: (v) => brief(v), lines: [['tokens_per_second', 'estimated']] },
  { title: 'Bytes per second', none: 'No bytes', unit: rate(bytes), axis: bytes, lines: [['bytes_per_second', 'received']] },
  { title: 'Active streams', none: 'No stream', unit: number, lines: [['active', 'at a time']] },
  { title: 'Streams that ended', each: true, none: 'No stream ended', unit: number, lines: [['successful', 'complete'], ['truncated', 'truncated'], ['failed', 'failed']] },
  { title: 'Retries, recoveries', each: true, none: 'No retry', unit: number, lines: [['retries', 'retries'], ['recoveries', 'recoveries']] },
  { title: 'Duration', sparse: true, none: 'No stream ended', unit: millis, lines: [['duration_p50_ms', 'p50'], ['duration_p95_ms', 'p95']] },
];
const STEPS = { 1: 'per second', 10: 'per 10 s', 60: 'per minute' };
const COLOURS = ['--plot-a', '--plot-b', '--plot-c'];
const DASHES = [undefined, [6, 4], [2, 3]];
const HEIGHT = 118;

/** Steps without a value that a line of a sparse plot still bridges, and the cursor looks for one in. */
const BRIDGE = 6;

/** The gaps that a line keeps. */
function wide(plot) {
  return (u, series, from, to, gaps) => {
    const times = u.data[0];
    if (!plot.sparse || times.length < 2) return gaps;
    const step = Math.abs(u.valToPos(times[1], 'x', true) - u.valToPos(times[0], 'x', true));
    return gaps.filter(([left, right]) => right - left > BRIDGE * step);
  };
}

/** Points without a neighbour, which no line shows. */
function alone(u, series, show) {
  if (!show) return null;
  const values = u.data[series];
  const found = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  }
  return found;
}

/** The nearest step with a value, if there is one within the bridge. */
function near(at, known) {
  for (let away = 0; away < BRIDGE; away++) {
    if (known(at - away)) return at - away;
    if (known(at + away)) return at + away;
  }
  return at;
}

/** The plots of a window of the history. */
export class Plots {
  #history;
  #said;
  #drawn = [];

  constructor(section, said, history) {
    this.#history = history;
    this.#said = said;
    for (const plot of PLOTS) this.#add(section, plot);
    new ResizeObserver(() => this.#fit()).observe(section);
    // Colours are read from the style sheet when a plot is made.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#remake());
  }

  draw() {
    const { columns, minutes } = this.#history;
    for (const drawn of this.#drawn) {
      const values = drawn.plot.lines.flatMap(([name]) => columns?.[name] ?? []);
      // A time of zero is a value; a rate or a count of zero is nothing.
      const empty = drawn.plot.unit === millis ? values.every((v) => v === null) : values.some((v) => v !== null) && values.every((v) => !v);
      drawn.none.hidden = !empty || columns === null;
      put(drawn.none, `${drawn.plot.none} in the last ${minutes} min`);
      put(drawn.per, drawn.plot.each ? STEPS[columns?.step_seconds] ?? '' : '');
      drawn.uplot.setData(this.#data(drawn.plot));
      this.#values(drawn, drawn.uplot.cursor.idx);
    }
  }

  #add(section, plot) {
    const figure = section.appendChild(document.createElement('figure'));
    figure.tabIndex = 0;
    figure.setAttribute('role', 'group');
    const caption = figure.appendChild(document.createElement('figcaption'));
    const title = caption.appendChild(document.createElement('div'));
    title.appendChild(document.createElement('b')).textContent = plot.title;
    title.append(' ');
    const per = title.appendChild(document.createElement('small'));
    const keys = plot.lines.map(([, label], i) => {
      const key = caption.appendChild(document.createElement('i'));
      key.className = 'abc'[i];
      key.append(`${label} `);
      return key.appendChild(document.createElement('output'));
    });
    const none = figure.appendChild(document.createElement('p'));
    none.className = 'none';
    const tip = figure.appendChild(document.createElement('p'));
    tip.className = 'tip';
    tip.hidden = true;
    const drawn = { figure, plot, per, keys, none, tip, hovered: false };
    drawn.uplot = this.#make(drawn);
    figure.addEventListener('pointerenter', () => { drawn.hovered = true; });
    figure.addEventListener('pointerleave', () => { drawn.hovered = false; tip.hidden = true; });
    figure.addEventListener('keydown', (event) => this.#move(drawn, event));
    figure.addEventListener('blur', () => { tip.hidden = true; drawn.uplot.setCursor({ left: -10, top: -10 }); });
    this.#drawn.push(drawn);
  }

  #make(drawn) {
    const { plot, figure } = drawn;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--plot-grid'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    const series = plot.lines.map(([, label], i) => ({
      label, stroke: colour(COLOURS[i]), width: 2, dash: DASHES[i], gaps: wide(plot),
      points: { show: true, size: 4, fill: colour(COLOURS[i]), filter: alone },
    }));
    return new uPlot({
      width: this.#width(figure), height: HEIGHT, padding: [6, 8, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'plots' }, drag: { x: false, y: false }, y: false, points: { size: 7 } },
      hooks: { setCursor: [(u) => this.#values(drawn, u.cursor.idx)] },
      scales: { x: { range: () => this.#span() }, y: { range: (u, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [
        { ...axis, size: 22, incrs: [15, 30, 60, 120, 300, 600, 900, 1800, 3600], space: 58, values: (u, at) => at.map((t) => day(t, this.#history.minutes === 1)) },
        { ...axis, size: 56, space: 26, values: (u, values) => values.map((v) => (plot.unit !== millis && v % 1 !== 0 ? '' : (plot.axis ?? plot.unit)(v))) },
      ],
      series: [{}, ...series],
    }, this.#data(plot), figure);
  }

  #width(figure) {
    return Math.max(120, figure.clientWidth - 22);
  }

  /** Always the whole window, so that the plots stand still while they fill. */
  #span() {
    const last = this.#history.columns?.at.at(-1) ?? Date.now() / 1000;
    return [last - 60 * (this.#history.minutes || 5), last];
  }

  #data(plot) {
    const columns = this.#history.columns;
    if (columns === null) return [[], ...plot.lines.map(() => [])];
    return [columns.at, ...plot.lines.map(([name]) => this.#column(plot, name))];
  }

  /** A column; counts of the step under way are left out, since they would look like a fall. */
  #column(plot, name) {
    const columns = this.#history.columns;
    const [last, before] = [columns.at.at(-1), columns.at.at(-2)];
    if (!plot.each || before === undefined || last - before > 0.95 * columns.step_seconds) return columns[name];
    return columns[name].with(-1, null);
  }

  /** Shows the values under the cursor, else the last ones. */
  #values(drawn, at) {
    const { plot, keys, tip, figure, uplot } = drawn;
    const columns = this.#history.columns;
    if (columns === null || !uplot) return;
    const all = plot.lines.map(([name]) => this.#column(plot, name));
    const known = (i) => all.some((values) => values[i] != null);
    const show = (values, i) => (i == null || values[i] == null ? '–' : plot.unit(values[i]));
    // The last step that anything was met in, unless the cursor names another.
    const last = columns.at.findLastIndex((time, i) => known(i));
    const index = at == null ? last : plot.sparse ? near(at, known) : at;
    all.forEach((values, i) => put(keys[i], show(values, index)));
    const words = plot.lines.map(([, label], i) => `${label} ${show(all[i], index)}`);
    figure.setAttribute('aria-label', `${plot.title}: ${words.join(', ')}. Arrow keys show other times.`);
    const shown = at != null && (drawn.hovered || document.activeElement === figure);
    tip.hidden = !shown;
    if (!shown) return;
    put(tip, `${day(columns.at[index], true)}  ${words.join('  ')}`);
    tip.style.top = `${uplot.root.offsetTop - 4}px`;
    const left = uplot.over.offsetLeft + uplot.root.offsetLeft + uplot.valToPos(columns.at[at], 'x');
    const most = figure.clientWidth - tip.offsetWidth - 4;
    tip.style.left = `${Math.max(4, Math.min(most, left - tip.offsetWidth / 2))}px`;
  }

  #move(drawn, event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const times = this.#history.columns?.at;
    if (step === undefined || !times?.length) return;
    event.preventDefault();
    const { uplot } = drawn;
    const from = uplot.cursor.idx ?? times.length;
    const index = Math.max(0, Math.min(times.length - 1, from + step));
    uplot.setCursor({ left: uplot.valToPos(times[index], 'x'), top: 10 });
    put(this.#said, drawn.tip.textContent);
  }

  #fit() {
    for (const { figure, uplot } of this.#drawn) {
      const width = this.#width(figure);
      if (uplot.width !== width) uplot.setSize({ width, height: HEIGHT });
    }
  }

  #remake() {
    for (const drawn of this.#drawn) {
      drawn.uplot.destroy();
      drawn.uplot = this.#make(drawn);
    }
  }
}
