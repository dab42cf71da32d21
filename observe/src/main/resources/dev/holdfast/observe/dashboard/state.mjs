// What is shown, as the part of the address after '#': so that a view can be sent to a colleague.
const DEFAULTS = { window: '5', q: '', state: '', sort: '', stream: '' };

/** The view: window, search, filter, order and open stream. */
export class View {
  #values = { ...DEFAULTS };
  #changed;

  constructor(changed) {
    this.#changed = changed;
    this.#read();
    addEventListener('hashchange', () => {
      this.#read();
      this.#changed();
    });
  }

  get(name) {
    return this.#values[name];
  }

  /** Changes some of it; an open stream gets an entry in the browser's history, so that 'back' closes it. */
  set(change) {
    const opened = 'stream' in change && change.stream !== '' && change.stream !== this.#values.stream;
    Object.assign(this.#values, change);
    const hash = this.link({});
    history[opened ? 'pushState' : 'replaceState'](null, '', hash === '' ? location.pathname + location.search : hash);
    this.#changed();
  }

  /** The address of this view with some of it changed. */
  link(change) {
    const values = { ...this.#values, ...change };
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) if (value !== DEFAULTS[name]) words.set(name, value);
    const text = words.toString();
    return text === '' ? '' : `#${text}`;
  }

  #read() {
    const words = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.keys(DEFAULTS)) this.#values[name] = (words.get(name) ?? DEFAULTS[name]).slice(0, 200);
    if (!['1', '5', '60'].includes(this.#values.window)) this.#values.window = DEFAULTS.window;
  }
}
