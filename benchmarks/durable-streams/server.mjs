// Starts the reference server of Durable Streams, with its streams in the directory of the first argument.
// Prints its URL, and ends with its input.
import { DurableStreamTestServer } from "@durable-streams/server";

for (const level of ["debug", "log", "info"]) {
  console[level] = () => {}; // Its log would be in the way of the URL.
}
const server = new DurableStreamTestServer({ port: 0, dataDir: process.argv[2], compression: false });
process.stdout.write((await server.start()) + "\n");
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
