import { bytes, count, many, millis, percent, put, tokens } from './format.mjs';

const at = (id) => document.getElementById(id);

/** How streams ended, in the words of the states: the same numbers as in the list and the metrics. */
export function endings(window) {
  return ['truncated', 'failed', 'cancelled'].filter((state) => window[state] > 0).map((state) => `${count(window[state])} ${state}`);
}

/** Shows the figures of one window. */
export function showTiles(report, window) {
  put(at('active'), count(report.active));
  put(at('active-note'), `${count(report.total)} since the start`);
  put(at('success'), percent(window.success_rate));
  put(at('success-note'), window.ended === 0 ? 'none ended' : [`${count(window.successful)} complete`, ...endings(window)].join(', '));
  const ended = window.ended > 0;
  put(at('duration'), ended ? millis(window.duration.mean_ms) : 'n/a');
  put(at('duration-note'), ended ? `p50 ${millis(window.duration.p50_ms)}, p99 ${millis(window.duration.p99_ms)}` : 'none ended');
  put(at('size'), ended ? bytes(window.average_bytes) : 'n/a');
  put(at('size-note'), ended ? `${tokens(window.output_tokens, window.tokens_estimated)} tokens out` : 'none ended');
  const first = window.first_token.count > 0;
  put(at('first'), first ? millis(window.first_token.p50_ms) : 'n/a');
  put(at('first-note'), first ? `p95 ${millis(window.first_token.p95_ms)}, gaps p99 ${millis(window.gaps.p99_ms)}` : 'no first token');
  put(at('recoveries'), count(window.recoveries));
  put(at('recoveries-note'), many(window.retries, 'retry', 'retries'));
}

/** Shows how often each error was met. */
export function showErrors(window) {
  const list = at('causes');
  const all = window.errors_by_cause;
  const most = Math.max(1, ...all.map((tally) => tally.count));
  while (list.children.length > Math.max(1, all.length)) list.lastChild.remove();
  if (all.length === 0) {
    const item = list.firstElementChild ?? list.appendChild(document.createElement('li'));
    item.className = 'none';
    item.replaceChildren();
    put(item, `No errors in the last ${window.minutes} min. Failures of attempts are counted here by their cause.`);
    return;
  }
  all.forEach((tally, i) => {
    let item = list.children[i];
    if (!item || item.className === 'none') {
      item?.remove();
      item = document.createElement('li');
      item.append(document.createElement('span'), document.createElement('b'), document.createElement('progress'));
      list.insertBefore(item, list.children[i] ?? null);
    }
    put(item.children[0], tally.name);
    put(item.children[1], count(tally.count));
    item.children[2].max = most;
    item.children[2].value = tally.count;
    item.children[2].setAttribute('aria-hidden', 'true');
  });
}
