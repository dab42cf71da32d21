import { count, many, millis, percent, put, tokens } from './format.mjs';
import { endings } from './tiles.mjs';

const COLUMNS = ['Streams', 'Success', 'First p50', 'First p95', 'Tokens out', 'Errors'];

/** How the streams of each model, or of each upstream, fared. */
export class Groups {
  #table;
  #body;
  #empty;

  /** @param choose is called with a name that was clicked */
  constructor(table, what, choose) {
    this.#table = table;
    const head = table.createTHead().insertRow();
    [what, ...COLUMNS].forEach((label, i) => {
      const cell = head.appendChild(document.createElement('th'));
      cell.scope = 'col';
      cell.textContent = label;
      if (i > 0) cell.className = 'n';
    });
    this.#body = table.createTBody();
    this.#empty = table.insertAdjacentElement('afterend', document.createElement('p'));
    this.#empty.className = 'none';
    this.#body.addEventListener('click', (event) => {
      const name = event.target.closest('button')?.textContent;
      if (name) choose(name);
    });
  }

  show(groups, window) {
    this.#table.hidden = groups.length === 0;
    put(this.#empty, groups.length === 0 ? `No stream in the last ${window.minutes} min. One row for each: streams that ended, success, time to first token, tokens, errors.` : '');
    while (this.#body.rows.length > groups.length) this.#body.deleteRow(-1);
    groups.forEach((group, i) => this.#fill(this.#body.rows[i] ?? this.#make(), group));
  }

  #make() {
    const row = this.#body.insertRow();
    const name = row.appendChild(document.createElement('th'));
    name.scope = 'row';
    name.appendChild(document.createElement('button')).type = 'button';
    for (const label of COLUMNS) {
      const cell = row.insertCell();
      cell.className = 'n';
      cell.dataset.label = label;
      cell.append(document.createElement('span'), document.createElement('small'));
    }
    return row;
  }

  #fill(row, group) {
    const known = group.first_token.count > 0;
    const button = row.cells[0].firstChild;
    put(button, group.name);
    button.title = `Search the streams for ${group.name}`;
    const cells = [
      [count(group.ended), ''],
      [percent(group.success_rate), endings(group).join(', ')],
      [known ? millis(group.first_token.p50_ms) : '–', ''],
      [known ? millis(group.first_token.p95_ms) : '–', ''],
      [tokens(group.output_tokens, group.tokens_estimated), group.input_tokens > 0 ? `${count(group.input_tokens)} in` : ''],
      [count(group.errors), group.recoveries > 0 ? many(group.recoveries, 'recovery', 'recoveries') : ''],
    ];
    cells.forEach(([text, note], i) => {
      put(row.cells[i + 1].children[0], text);
      put(row.cells[i + 1].children[1], note);
    });
  }
}
