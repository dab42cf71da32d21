// What ./holdfast judge asks of a client; docs/judge.md has the contract.
export const baseURL = process.env.HOLDFAST_BASE_URL;
export const prompt = process.env.HOLDFAST_PROMPT;
export const timeout = 1000 * Number(process.env.HOLDFAST_TIMEOUT);
const cancelAfter = Number(process.env.HOLDFAST_CANCEL_AFTER ?? 0);
let shown = 0;

/** Shows text; says whether to cancel now. */
export function text(piece) {
  process.stdout.write(piece);
  shown += piece.length;
  return cancelAfter > 0 && shown >= cancelAfter;
}

/** A tool call the client acts upon. */
export function tool(name, args) {
  process.stderr.write(`HOLDFAST_TOOL ${JSON.stringify({ name, arguments: args })}\n`);
}

/** Says that the client has cancelled, and stays until the judge has seen enough. */
export async function cancelled() {
  process.stderr.write('HOLDFAST_CANCELLED\n');
  for await (const ignored of process.stdin) {
    // Only its end matters.
  }
  process.exit(0);
}

/** Runs a client; its exit code says whether it claims a complete answer. */
export async function run(client) {
  try {
    await client();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error?.name ?? 'Error'}: ${String(error?.message ?? error).split('\n')[0]}\n`);
    process.exit(1);
  }
}
