// Portkey's gateway on a free port of loopback, without its banner. Prints its port, and ends with
// its input.
import { createServer } from "node:net";

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
process.argv.push(`--port=${port}`, "--headless");
await import("@portkey-ai/gateway/build/start-server.js");
print(`${port}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
