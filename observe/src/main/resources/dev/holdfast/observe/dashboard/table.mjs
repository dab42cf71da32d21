import { bytes, count, millis, put, tokens } from './format.mjs';

/** More rows than anybody reads would only cost time; the search finds the others. */
const ROWS = 100;

/** The table of streams. Rows are reused, so that focus and scrolling stay where they are. */
export class Table {
  #body;
  #more;
  #open;
  #rows = new Map();

  constructor(body, more, open) {
    this.#body = body;
    this.#more = more;
    this.#open = open;
    body.addEventListener('click', (event) => {
      const id = event.target.closest('tr')?.dataset.id;
      if (id) this.#open(id);
    });
  }

  show(streams) {
    const shown = streams.slice(0, ROWS);
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
    const hidden = streams.length - shown.length;
    put(this.#more, streams.length === 0 ? 'No stream matches.' : hidden > 0 ? `${count(hidden)} more; search to narrow.` : '');
  }

  #make(id) {
    const row = document.createElement('tr');
    row.dataset.id = id;
    for (let i = 0; i < 10; i++) {
      const cell = row.appendChild(document.createElement('td'));
      if (i > 3) cell.className = i === 4 ? 'n keep' : 'n';
      if (i === 2 || i === 3) cell.className = 't';
    }
    row.children[0].appendChild(document.createElement('button')).textContent = id;
    row.children[1].className = 'state';
    return row;
  }

  #fill(row, stream) {
    const cells = row.children;
    const state = cells[1];
    if (state.dataset.state !== stream.state) state.dataset.state = stream.state;
    put(state, stream.cause ? `${stream.state}: ${stream.cause}` : stream.state);
    put(cells[2], stream.model);
    put(cells[3], stream.upstream);
    put(cells[4], millis(stream.duration_ms));
    put(cells[5], millis(stream.first_token_ms));
    put(cells[6], tokens(stream.output_tokens, stream.tokens_estimated));
    put(cells[7], bytes(stream.bytes));
    put(cells[8], count(stream.attempts));
    put(cells[9], count(stream.seams));
  }
}
