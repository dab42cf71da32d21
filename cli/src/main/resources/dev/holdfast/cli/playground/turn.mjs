// One question and its answer. The record of a turn is plain data that survives a reload; the text of
// an answer that is under way does not, as it is read again.

import { count, refusal, seam, seconds } from './words.mjs';
import { element, icon } from './timeline.mjs';

export function record(prompt, stubborn) {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  const tag = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    tag, prompt, stubborn, model: `plain-english:${tag}`, begun: Date.now(), state: 'streaming',
    text: '', shown: 0, seams: [], log: [], requests: 0, killed: false, lost: null, end: null, figures: null,
  };
}

export class Turn {
  #answer = element('div', 'answer');
  #meter = element('p', 'meter');
  #end = element('div', 'end');
  #text = '';
  #tail = null;

  constructor(turn, onRetry) {
    this.turn = turn;
    this.tokens = 0;
    this.onRetry = onRetry;
    this.node = element('article', 'turn');
    this.#answer.tabIndex = -1;
    this.#answer.setAttribute('role', 'group');
    this.#answer.setAttribute('aria-label', 'Answer');
    const question = element('p', 'question', turn.prompt);
    if (turn.stubborn) question.append(element('span', 'badge', 'stubborn model'));
    this.node.append(question, this.#answer, this.#meter, this.#end);
    if (turn.state !== 'streaming') this.#text = turn.text;
    this.draw();
  }

  focus() {
    this.#answer.focus({ preventScroll: true });
  }

  get text() {
    return this.#text;
  }

  append(token) {
    this.#text += token;
    this.tokens++;
    const next = this.turn.seams.some((each) => each.offset > this.#text.length - token.length && each.offset <= this.#text.length);
    if (next || this.#tail === null) this.draw();
    else this.#tail.data += token;
    this.meter();
  }

  /** Draws the answer anew: pieces of text with marks between them. */
  draw() {
    const { turn } = this;
    const nodes = [];
    let from = 0;
    turn.seams.forEach((each, index) => {
      if (each.offset > this.#text.length) return;
      nodes.push(element('span', from > 0 ? 'run later' : 'run', this.#text.slice(from, each.offset)));
      const mark = element('span', 'seam');
      mark.dataset.kind = each.kind;
      mark.dataset.number = String(index + 1);
      mark.setAttribute('role', 'img');
      mark.setAttribute('aria-label', seam(index + 1, each));
      mark.title = seam(index + 1, each);
      nodes.push(mark);
      from = each.offset;
    });
    const last = element('span', from > 0 ? 'run later' : 'run');
    this.#tail = document.createTextNode(this.#text.slice(from));
    last.append(this.#tail);
    nodes.push(last);
    this.#answer.replaceChildren(...nodes);
    this.node.dataset.state = turn.state;
    this.#answer.setAttribute('aria-busy', String(turn.state === 'streaming'));
    this.meter();
    this.#drawEnd();
  }

  waiting(words) {
    this.node.dataset.waiting = words ?? '';
    if (!words) delete this.node.dataset.waiting;
    this.meter();
  }

  meter() {
    const { turn } = this;
    if (turn.state !== 'streaming') {
      this.#meter.hidden = true;
      return;
    }
    const words = this.node.dataset.waiting;
    const facts = [count(this.tokens, 'token'), seconds(Date.now() - turn.begun)];
    if (turn.seams.length > 0) facts.push(count(turn.seams.length, 'seam'));
    this.#meter.hidden = false;
    this.#meter.textContent = words ? `${facts.join(' · ')} · ${words}` : facts.join(' · ');
  }

  #drawEnd() {
    const { turn } = this;
    this.#end.replaceChildren();
    this.#end.hidden = turn.state === 'streaming';
    if (turn.state === 'complete') this.#complete();
    if (turn.state === 'refused') this.#refused();
    if (turn.state === 'stopped') {
      this.#end.append(this.#badge('stop'), element('p', 'verdict', 'Stopped'), element('p', 'why', 'You ended this answer, at the provider too.'));
    }
  }

  #badge(name) {
    const badge = element('span', 'sign');
    badge.append(icon(name));
    return badge;
  }

  #complete() {
    const { figures } = this.turn;
    this.#end.append(this.#badge('check'), element('p', 'verdict', 'Complete'));
    if (figures === null) return;
    const same = figures.same === null ? 'Proven by the provider’s own end mark.'
      : figures.same ? `All ${count(figures.characters, 'character')}, the same as the uncut answer.`
        : 'Complete, but another text than the uncut answer.';
    const list = element('dl');
    const add = (name, value) => {
      const pair = element('div');
      pair.append(element('dt', '', name), element('dd', '', value));
      list.append(pair);
    };
    add(figures.requests === 1 ? 'attempt' : 'attempts', String(figures.requests));
    add(figures.seams === 1 ? 'seam' : 'seams', String(figures.seams));
    add('tokens', figures.tokens.toLocaleString('en'));
    add('time', seconds(figures.millis));
    this.#end.append(element('p', 'why', same), list);
  }

  #refused() {
    const { title, why, cause } = refusal(this.turn.end ?? {});
    const verdict = element('p', 'verdict', 'Not complete');
    const code = element('code', '', title);
    verdict.append(code);
    const retry = element('button', 'retry', 'Retry');
    retry.type = 'button';
    retry.setAttribute('aria-keyshortcuts', 'r');
    retry.append(element('kbd', '', 'R'));
    retry.addEventListener('click', () => this.onRetry(this.turn));
    this.#end.append(this.#badge('cross'), verdict, element('p', 'why', `${why}${cause ? ` It broke by ${cause}.` : ''} What you see is a prefix of the answer.`), retry);
    this.retry = retry;
  }
}
