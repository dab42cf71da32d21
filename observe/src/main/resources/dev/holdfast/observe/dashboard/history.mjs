// The hour that the monitor keeps, fetched in the steps of the chosen window.
const SECONDS_BETWEEN = { 1: 1, 5: 5, 60: 20 };

export class History {
  columns = null;
  minutes = 0;
  problem = '';
  #at = 0;
  #asked = 0;

  /** Fetches it if it is of another window or old; calls back where there is something new. */
  async refresh(minutes, changed) {
    const old = performance.now() - this.#at > 1000 * SECONDS_BETWEEN[minutes] - 300;
    if (minutes === this.minutes && !old) return;
    this.minutes = minutes;
    this.#at = performance.now();
    const asked = ++this.#asked;
    try {
      const response = await fetch(`history?minutes=${minutes}`);
      const columns = response.ok ? await response.json() : null;
      if (asked !== this.#asked) return;
      this.columns = columns;
      this.problem = columns ? '' : 'This server keeps no history: its version is older than this page.';
    } catch {
      if (asked !== this.#asked) return;
      this.problem = 'The server does not answer; the plots are of before.';
      this.#at = 0;
    }
    changed();
  }
}
