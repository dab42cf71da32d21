// The official conformance suite, against a running server:
//   npm ci && DURABLE_STREAMS_URL=http://127.0.0.1:4180 npx vitest run --testTimeout 30000
import { runConformanceTests } from "@durable-streams/server-conformance-tests"

runConformanceTests({
  baseUrl: process.env.DURABLE_STREAMS_URL,
  subscriptions: process.env.DURABLE_STREAMS_SUBSCRIPTIONS !== "0",
  longPollTimeoutMs: Number(process.env.DURABLE_STREAMS_LONG_POLL_MS ?? 20000),
})
