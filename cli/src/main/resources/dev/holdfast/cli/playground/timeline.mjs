// The list beside the answer. An entry: { at, kind, icon, title, detail, number }.

import { seconds } from './words.mjs';

const SVG = 'http://www.w3.org/2000/svg';

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export class Timeline {
  #list;
  #empty;

  constructor(list, empty) {
    this.#list = list;
    this.#empty = empty;
  }

  clear() {
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  add(entry) {
    const item = element('li');
    this.#fill(item, entry);
    this.#list.append(item);
    this.#empty.hidden = true;
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  /** The last entry has changed. */
  update(entry) {
    this.#fill(this.#list.lastElementChild, entry);
  }

  #fill(item, entry) {
    item.dataset.kind = entry.kind;
    const dot = element('span', entry.number ? 'dot number' : 'dot', entry.number ? String(entry.number) : undefined);
    if (entry.number) dot.prepend(element('span', 'hidden', 'Seam '));
    else dot.append(icon(entry.icon));
    const words = element('div');
    words.append(element('b', '', entry.title));
    if (entry.detail) words.append(element('span', 'detail', entry.detail));
    item.replaceChildren(element('time', '', seconds(entry.at)), dot, words);
  }
}
