// Facts as people read them. Null is what is not known.
const NONE = '–';
const WHOLE = new Intl.NumberFormat('en');

export function count(number) {
  return number == null ? NONE : WHOLE.format(number);
}

export function millis(ms) {
  if (ms == null) return NONE;
  if (ms > 0 && ms < 0.1) return '< 0.1 ms';
  if (ms < 1000) return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1).replace('.0', '')} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** A number of things: "1 retry", "2 retries". */
export function many(number, one, more) {
  return `${count(number)} ${number === 1 ? one : more}`;
}

export function bytes(size) {
  if (size == null) return NONE;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let left = size;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

export function percent(share) {
  if (share == null) return 'n/a';
  // Only what is whole is shown as whole.
  const shown = (100 * share).toFixed(1);
  return share < 1 && shown === '100.0' ? '> 99.9 %' : `${shown.replace('.0', '')} %`;
}

export function tokens(number, estimated) {
  return number == null ? NONE : (estimated ? '≈ ' : '') + count(number);
}

/** Sets an element's text where it changed; nothing on this page is ever parsed as HTML. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
