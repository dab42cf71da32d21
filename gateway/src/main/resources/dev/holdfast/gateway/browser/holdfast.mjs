// Streams of a Holdfast gateway with a journal, in a page: read to their end over any number of
// connections, each event once. One module, no dependency. Types: holdfast.d.ts.

const STORED = 'holdfast:';
const PATH = '/v1/streams/';
const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;

/** The longest silence: a gateway sends a sign of life every 15 s. */
const SILENCE = 45_000;

/** What a stream cannot be resumed after. */
export class StreamError extends Error {
  constructor(code, message, status = 0) {
    super(message);
    this.name = 'StreamError';
    this.code = code;
    this.status = status;
  }
}

/** Reads server-sent events from text in pieces; what is not whole is never handed out. */
class Events {
  #rest = '';

  constructor(onEvent, onComment) {
    this.onEvent = onEvent;
    this.onComment = onComment;
    this.#clear();
  }

  #clear() {
    this.data = [];
    this.id = null;
    this.type = '';
  }

  push(text) {
    this.#rest += text;
    while (true) {
      const end = this.#rest.search(/\r\n|\n|\r(?!$)/);
      if (end < 0) return;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (this.#rest.startsWith('\r\n', end) ? 2 : 1));
      this.#line(line);
    }
  }

  #line(line) {
    if (line === '') {
      if (this.data.length > 0) {
        this.onEvent({ type: this.type, data: this.data.join('\n'), id: this.id });
      }
      this.#clear();
      return;
    }
    if (line.startsWith(':')) {
      this.onComment(line.slice(1).trim());
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.data.push(value);
    if (field === 'event') this.type = value;
    if (field === 'id') this.id = value;
  }
}

/** What one event of a protocol means: text, the end, or an error. */
function read(event) {
  if (event.data === '[DONE]') return { done: true };
  let json;
  try {
    json = JSON.parse(event.data);
  } catch {
    return {};
  }
  if (json === null || typeof json !== 'object') return {};
  const kind = json.type ?? '';
  if (kind === 'error' || kind === 'response.failed' || json.error) {
    const error = json.error ?? json.response?.error ?? json;
    return { error: String(error?.message ?? 'the stream failed') };
  }
  if (kind === 'content_block_delta') return { text: json.delta?.text ?? '' };
  if (kind === 'response.output_text.delta') return { text: json.delta ?? '' };
  if (['message_stop', 'response.completed', 'response.incomplete'].includes(kind)) return { done: true };
  if (Array.isArray(json.choices)) return { text: json.choices[0]?.delta?.content ?? '' };
  if (Array.isArray(json.candidates)) {
    const parts = json.candidates[0]?.content?.parts ?? [];
    return { text: parts.filter((part) => !part.thought).map((part) => part.text ?? '').join('') };
  }
  return {};
}

/** The epoch of an id: another process of the gateway writes under another one. */
function epoch(id) {
  return id.split('_')[1] ?? '';
}

/**
 * Begins a stream, or resumes it: the one of this id, or the one that this tab began under this name
 * and did not read to its end.
 */
export function stream(request, handlers = {}) {
  return new Stream(request, handlers);
}

/** Whether this tab began a stream under this name and did not read to its end. */
export function isKept(name) {
  return kept(name) !== null;
}

function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(STORED + name) ?? 'null');
  } catch {
    return null; // Without storage a reload begins anew.
  }
}

class Stream {
  #request;
  #handlers;
  #last = '';
  #delay = FIRST_DELAY;
  #control = null;
  #ended = false;
  #wake = null;
  #attempts = 0;
  #connections = 0;
  #finish;

  constructor(request, handlers) {
    this.#request = request;
    this.#handlers = handlers;
    this.#finish = Promise.withResolvers?.() ?? deferred();
    /** Resolves with how the stream ended, and never rejects. */
    this.done = this.#finish.promise;
    /** The text so far. */
    this.text = '';
    const kept = this.#kept();
    /** The stream's id; empty until the gateway has answered. */
    this.id = request.id ?? kept?.id ?? '';
    this.#key = kept?.key ?? crypto.randomUUID();
    if (this.id === '' && !request.id) this.#keep();
    globalThis.addEventListener?.('online', this.#hurry);
    globalThis.addEventListener?.('pageshow', this.#hurry);
    globalThis.document?.addEventListener('visibilitychange', this.#hurry);
    this.#run();
  }

  #key;

  // -------------------------------------------------------------- what a reload finds

  #name() {
    return this.#request.name === undefined ? null : STORED + this.#request.name;
  }

  #kept() {
    return this.#name() === null ? null : kept(this.#request.name);
  }

  #keep() {
    try {
      if (this.#name() !== null) {
        sessionStorage.setItem(this.#name(), JSON.stringify({ id: this.id, key: this.#key }));
      }
    } catch {
      // Without storage a reload begins anew.
    }
  }

  #forget() {
    try {
      if (this.#name() !== null) sessionStorage.removeItem(this.#name());
    } catch {
      // There is none.
    }
  }

  // -------------------------------------------------------------- connections

  /** The network, or the tab, is back: do not wait. */
  #hurry = () => {
    if (globalThis.document?.visibilityState === 'hidden') return;
    this.#wake?.();
  };

  async #run() {
    while (!this.#ended) {
      try {
        await this.#connect();
      } catch (error) {
        if (error instanceof StreamError) {
          this.#fail(error);
          return;
        }
        if (!this.#ended) await this.#pause(String(error?.message ?? error));
        continue;
      }
      // The body has ended without the answer's end.
      if (!this.#ended) await this.#pause('the connection ended');
    }
  }

  async #pause(reason) {
    this.#attempts++;
    const delay = this.#delay;
    this.#delay = Math.min(LONGEST_DELAY, 2 * delay);
    this.#call('onRetry', { attempt: this.#attempts, delay, reason });
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, delay * (0.75 + Math.random() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  #base() {
    return new URL(this.#request.url ?? PATH, globalThis.location?.href);
  }

  async #open() {
    const headers = { ...this.#request.headers, 'holdfast-event-ids': 'on' };
    const signal = this.#control.signal;
    if (this.id !== '') {
      if (this.#last !== '') headers['last-event-id'] = this.#last;
      return fetch(new URL(PATH + this.id, this.#base()), { headers, signal, cache: 'no-store' });
    }
    const body = this.#request.body;
    headers['idempotency-key'] = this.#key;
    headers['content-type'] = 'application/json';
    return fetch(this.#base(), {
      method: 'POST',
      headers,
      signal,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async #connect() {
    this.#control = new AbortController();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#control.abort(), this.#request.silence ?? SILENCE);
    };
    alive();
    try {
      const response = await this.#open();
      await this.#check(response);
      const id = response.headers.get('holdfast-stream-id');
      if (id && id !== this.id) {
        this.id = id;
        this.#keep();
        this.#call('onStart', { id });
      }
      if (this.#connections++ > 0) {
        this.#call('onSeam', { kind: 'connection', after: this.text.length });
      }
      await this.#read(response, alive);
    } finally {
      clearTimeout(timer);
    }
  }

  async #check(response) {
    if (response.ok) return;
    const text = await response.text();
    const code = response.headers.get('x-holdfast-refusal') ?? 'refused';
    if (response.status === 404 && code === 'unknown-stream') {
      throw new StreamError('expired', 'the stream is not there any more', 404);
    }
    const later = response.status === 429 || response.status >= 500;
    if (later && response.headers.has('retry-after')) throw new Error(code);
    if (later && this.id !== '') throw new Error(code);
    throw new StreamError(code, text.slice(0, 1000), response.status);
  }

  async #read(response, alive) {
    const events = new Events((event) => this.#event(event), (comment) => this.#comment(comment));
    const text = new TextDecoder();
    const reader = response.body.getReader();
    try {
      while (!this.#ended) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        events.push(text.decode(value, { stream: true }));
      }
    } finally {
      reader.cancel().catch(() => {});
    }
    if (this.id === '' && !this.#ended) {
      // No journal keeps it: what is missing cannot be had.
      throw new StreamError('cut', 'the stream was cut, and is not kept');
    }
  }

  #event(event) {
    if (this.#ended) return;
    if (event.id !== null) {
      if (event.id <= this.#last) return;
      if (this.#last !== '' && epoch(event.id) !== epoch(this.#last)) {
        this.#call('onSeam', { kind: 'gateway', after: this.text.length });
      }
      this.#last = event.id;
    }
    this.#delay = FIRST_DELAY;
    this.#attempts = 0;
    const meaning = read(event);
    if (meaning.text) {
      this.text += meaning.text;
      this.#call('onToken', meaning.text, { id: event.id, text: this.text });
    }
    if (meaning.error) this.#fail(new StreamError('failed', meaning.error));
    if (meaning.done) this.#complete();
  }

  #comment(comment) {
    const end = /^holdfast-stream-end (\w+)/.exec(comment)?.[1];
    if (end === undefined || this.#ended) return;
    if (end === 'complete') this.#complete();
    else this.#fail(new StreamError(end, `the stream ended as ${end}`));
  }

  // -------------------------------------------------------------- the end

  #over() {
    this.#ended = true;
    globalThis.removeEventListener?.('online', this.#hurry);
    globalThis.removeEventListener?.('pageshow', this.#hurry);
    globalThis.document?.removeEventListener('visibilitychange', this.#hurry);
    this.#forget();
    this.#wake?.();
  }

  #complete() {
    if (this.#ended) return;
    this.#over();
    this.#call('onComplete', { text: this.text, id: this.id });
    this.#finish.resolve({ end: 'complete', text: this.text });
  }

  #fail(error) {
    if (this.#ended) return;
    this.#over();
    this.#call('onError', error);
    this.#finish.resolve({ end: error.code, text: this.text, error });
  }

  /** Stops the stream, for all who read it. */
  async abort() {
    if (this.#ended) return;
    this.#over();
    this.#control?.abort();
    this.#finish.resolve({ end: 'cancelled', text: this.text });
    if (this.id !== '') {
      await fetch(new URL(PATH + this.id, this.#base()), {
        method: 'DELETE',
        headers: this.#request.headers,
        keepalive: true,
      }).catch(() => {});
    }
  }

  /** Reads no more; the stream runs on. */
  leave() {
    if (this.#ended) return;
    const kept = this.#kept();
    this.#over();
    if (kept !== null) this.#keep();
    this.#control?.abort();
    this.#finish.resolve({ end: 'left', text: this.text });
  }

  #call(name, ...values) {
    try {
      this.#handlers[name]?.(...values);
    } catch (error) {
      queueMicrotask(() => {
        throw error; // It is the page's; the stream continues.
      });
    }
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
