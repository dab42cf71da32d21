// What ./holdfast judge asks of a client; docs/judge.md has the contract.
export const baseURL = process.env.HOLDFAST_BASE_URL;
export const prompt = process.env.HOLDFAST_PROMPT;
export const timeout = 1000 * Number(process.env.HOLDFAST_TIMEOUT);
const cancelAfter = Number(process.env.HOLDFAST_CANCEL_AFTER ?? 0);
const moment = 200;
let shown = 0;
let cancelling = false;

/** Shows text; says whether to cancel now. */
export function text(piece) {
  if (cancelling) return false;
  process.stdout.write(piece);
  shown += piece.length;
  return cancelAfter > 0 && shown >= cancelAfter;
}

/** A tool call that is acted upon, or handed over as finished. */
export function tool(name, args) {
  process.stderr.write(`HOLDFAST_TOOL ${JSON.stringify({ name, arguments: args })}\n`);
}

/**
 * Cancels as a user's stop button does: a moment later, while the client goes on reading. Stays
 * until the judge has seen enough.
 */
export function cancel(stop) {
  cancelling = true;
  setTimeout(async () => {
    stop();
    process.stderr.write('HOLDFAST_CANCELLED\n');
    for await (const ignored of process.stdin) {
      // Only its end matters.
    }
    process.exit(0);
  }, moment);
}

/** Runs a client; its exit code says whether it claims a complete answer. */
export async function run(client) {
  let code = 0;
  try {
    await client();
  } catch (error) {
    process.stderr.write(`${error?.name ?? 'Error'}: ${String(error?.message ?? error).split('\n')[0]}\n`);
    code = 1;
  }
  if (!cancelling) process.exit(code);
}
