// What the page knows: the last report and the streams.
const FINISHED = 1000;

export class Model {
  report = null;
  live = [];
  finished = []; // Newest first.

  /** Takes one piece of news of the event stream. */
  take(news) {
    this.report = news.report;
    this.live = news.live;
    if (news.finished.length > 0) {
      const ids = new Set(news.finished.map((stream) => stream.id));
      const kept = this.finished.filter((stream) => !ids.has(stream.id));
      this.finished = news.finished.toReversed().concat(kept).slice(0, FINISHED);
    }
  }

  /** The report of a window. */
  window(minutes) {
    return this.report?.windows.find((one) => one.minutes === minutes) ?? null;
  }

  /** The streams of a window: live ones first, newest first. */
  during(minutes) {
    const since = Date.parse(this.window(minutes)?.since ?? '');
    const ended = Number.isNaN(since) ? this.finished : this.finished.filter((stream) => Date.parse(stream.ended_at) >= since);
    const ids = new Set(this.live.map((stream) => stream.id));
    return this.live.toReversed().concat(ended.filter((stream) => !ids.has(stream.id)));
  }
}

/** Those of them that have all words and the state. */
export function matching(streams, words, state) {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  return streams.filter((stream) => {
    if (state === 'recovered' ? stream.recoveries === 0 : state && stream.state !== state) return false;
    const text = `${stream.id} ${stream.model} ${stream.upstream} ${stream.cause ?? ''} ${stream.dialect}`.toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}
