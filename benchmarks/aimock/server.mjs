// aimock with one answer, told as fast as it can, and without a log. Tells its URL and ends with
// whoever started it.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: 0, latency: 0, chunkSize: 4, logLevel: "silent", journalMaxEntries: 100 });
mock.onMessage("Count.", { content: process.argv[2] });
await mock.start();
console.log(mock.url);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
