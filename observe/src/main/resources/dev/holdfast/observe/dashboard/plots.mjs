import uPlot from './uplot/uPlot.esm.js';
import { bytes, millis } from './format.mjs';

const PLOTS = [
  { title: 'Throughput', unit: (v) => `${bytes(v)}/s`, lines: [['bytes', 'bytes per second']] },
  { title: 'Time to first token', unit: millis, lines: [['first50', 'p50'], ['first95', 'p95']] },
  { title: 'Gaps between tokens', unit: millis, lines: [['gap50', 'p50'], ['gap99', 'p99']] },
  { title: 'Retries and recoveries', unit: (v) => `${v.toFixed(v < 10 ? 1 : 0).replace('.0', '')}/s`, lines: [['retries', 'retries'], ['recoveries', 'recoveries']] },
];
const HEIGHT = 150;

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/** The plots of the last five minutes. */
export class Plots {
  #model;
  #drawn = [];

  constructor(section, model) {
    this.#model = model;
    for (const plot of PLOTS) this.#add(section, plot);
    new ResizeObserver(() => this.#fit()).observe(section);
    // Colours are read from the style sheet when a plot is made.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#remake());
  }

  draw() {
    for (const { uplot, plot } of this.#drawn) uplot.setData(this.#data(plot));
  }

  #add(section, plot) {
    const figure = section.appendChild(document.createElement('figure'));
    const caption = figure.appendChild(document.createElement('figcaption'));
    caption.appendChild(document.createElement('b')).textContent = plot.title;
    plot.lines.forEach(([, label], i) => {
      const key = caption.appendChild(document.createElement('i'));
      key.textContent = label;
      if (i === 1) key.className = 'b';
    });
    this.#drawn.push({ figure, plot, uplot: this.#make(figure, plot) });
  }

  #make(figure, plot) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--plot-grid'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    const series = plot.lines.map(([, label], i) => ({
      label, stroke: colour(i === 0 ? '--plot-a' : '--plot-b'), width: 2, dash: i === 0 ? undefined : [6, 4], points: { show: false },
    }));
    return new uPlot({
      width: Math.max(200, figure.clientWidth - 30), height: HEIGHT,
      legend: { show: false }, cursor: { show: false },
      scales: { x: { range: () => this.#span() }, y: { range: (u, low, high) => [0, high > 0 ? high * 1.1 : 10] } },
      axes: [{ ...axis, size: 24, incrs: [60, 120, 300], space: 64, values: (u, at) => at.map(clock) }, { ...axis, size: 74, values: (u, values) => values.map((v) => plot.unit(v)) }],
      series: [{}, ...series],
    }, this.#data(plot), figure);
  }

  /** Always five minutes, so that the plots stand still while they fill. */
  #span() {
    const last = this.#model.times.at(-1) ?? Date.now() / 1000;
    return [last - 300, last];
  }

  #data(plot) {
    return [this.#model.times, ...plot.lines.map(([name]) => this.#model.series[name])];
  }

  #fit() {
    for (const { figure, uplot } of this.#drawn) {
      const width = Math.max(200, figure.clientWidth - 30);
      if (uplot.width !== width) uplot.setSize({ width, height: HEIGHT });
    }
  }

  #remake() {
    for (const drawn of this.#drawn) {
      drawn.uplot.destroy();
      drawn.uplot = this.#make(drawn.figure, drawn.plot);
    }
  }
}
