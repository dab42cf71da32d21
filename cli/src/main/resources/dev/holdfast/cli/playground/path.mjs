// The picture of the way from the provider to the page.

const byId = (id) => document.getElementById(id);

export class Path {
  #browser = byId('wire-browser');
  #provider = byId('wire-provider');
  #gateway = byId('at-gateway');

  /** `idle`, `flow` or `cut`. */
  browser(state) {
    this.#browser.dataset.state = state;
  }

  provider(state) {
    this.#provider.dataset.state = state;
  }

  /** New text comes. */
  writes() {
    if (this.#provider.dataset.state === 'idle') this.provider('flow');
  }

  gateway(up, pid) {
    this.#gateway.dataset.state = up ? 'up' : 'down';
    byId('gateway-note').textContent = up ? `process ${pid}` : 'killed';
    byId('kill-gateway').disabled = !up;
    if (!up) {
      this.browser('cut');
      this.provider('cut');
    }
  }

  note(characters, requests) {
    byId('page-note').textContent = characters;
    byId('provider-note').textContent = requests;
  }
}
