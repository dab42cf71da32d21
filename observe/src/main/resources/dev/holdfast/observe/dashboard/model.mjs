// What the page knows: the last report, the streams, and five minutes of points.
const POINTS = 300;
const FINISHED = 1000;

export class Model {
  report = null;
  live = [];
  finished = []; // Newest first.
  times = [];
  series = { bytes: [], tokens: [], first50: [], first95: [], gap50: [], gap99: [], retries: [], recoveries: [] };
  #before = null;
  #ended = { bytes: 0, tokens: 0, retries: 0, recoveries: 0 };

  /** Takes one piece of news of the event stream. */
  take(news, nowSeconds) {
    this.report = news.report;
    this.live = news.live;
    const known = this.#before !== null;
    if (news.finished.length > 0) {
      const ids = new Set(news.finished.map((stream) => stream.id));
      const kept = this.finished.filter((stream) => !ids.has(stream.id));
      this.finished = news.finished.toReversed().concat(kept).slice(0, FINISHED);
    }
    if (known) news.finished.forEach((stream) => this.#add(this.#ended, stream));
    const sums = { ...this.#ended };
    this.live.forEach((stream) => this.#add(sums, stream));
    // Streams whose end fell into a gap took their sums with them: no rate is known then.
    if (known && !news.gap) this.#point(sums, nowSeconds);
    this.#before = { sums, at: nowSeconds };
    return known;
  }

  /** The connection was lost: what happened meanwhile is no rate of the second it came back in. */
  forget() {
    this.#before = null;
    this.#ended = { bytes: 0, tokens: 0, retries: 0, recoveries: 0 };
  }

  #add(sums, stream) {
    sums.bytes += stream.bytes;
    sums.tokens += stream.output_tokens;
    sums.retries += stream.retries;
    sums.recoveries += stream.recoveries;
  }

  #point(sums, at) {
    const seconds = Math.max(0.2, at - this.#before.at);
    const rate = (name) => Math.max(0, sums[name] - this.#before.sums[name]) / seconds;
    const minute = this.report.windows[0];
    const point = {
      bytes: rate('bytes'), tokens: rate('tokens'), retries: rate('retries'), recoveries: rate('recoveries'),
      first50: minute.first_token.p50_ms, first95: minute.first_token.p95_ms,
      gap50: minute.gaps.p50_ms, gap99: minute.gaps.p99_ms,
    };
    this.times.push(at);
    for (const [name, values] of Object.entries(this.series)) values.push(point[name] ?? null);
    if (this.times.length > POINTS) {
      this.times.shift();
      Object.values(this.series).forEach((values) => values.shift());
    }
  }

  /** The streams that match, live ones first, newest first. */
  matching(words, state) {
    const all = this.live.toReversed().concat(this.finished);
    const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter((stream) => {
      if (state === 'recovered' ? stream.recoveries === 0 : state && stream.state !== state) return false;
      const text = `${stream.id} ${stream.model} ${stream.upstream} ${stream.cause ?? ''} ${stream.dialect}`.toLowerCase();
      return parts.every((part) => text.includes(part));
    });
  }
}
