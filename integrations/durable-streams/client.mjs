// The official client against a gateway that may be restarted meanwhile:
//   node client.mjs http://127.0.0.1:4180/v1/stream/NAME COUNT
// A producer appends COUNT numbers; two readers follow, one by each way. Prints what each received.
import { DurableStream, IdempotentProducer, stream } from "@durable-streams/client"

const [url, count] = [process.argv[2], Number(process.argv[3])]
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
// A gateway that ends, or is on its way back, is asked again.
const patient = async (input, init) => {
  for (;;) {
    try {
      const response = await fetch(input, init)
      if (response.status !== 503) return response
      await response.arrayBuffer()
    } catch (error) {
      if (init?.signal?.aborted) throw error
    }
    await pause(50)
  }
}
process.on("unhandledRejection", (error) => process.stderr.write(`rejected: ${error.stack}\n`))

const handle = await DurableStream.create({ url, contentType: "application/json", fetch: patient })

async function follow(live) {
  const received = []
  let offset = "-1"
  for (;;) {
    try {
      const response = await stream({ url, offset, live, fetch: patient })
      await new Promise((resolve, reject) => {
        response.subscribeJson((batch) => {
          received.push(...batch.items)
          offset = batch.offset
        })
        response.closed.then(resolve, reject)
      })
      if (received.length >= count) return received
    } catch (error) {
      process.stderr.write(`${live}: ${error.message}\n`)
      await pause(50)
    }
  }
}

const readers = [follow("sse"), follow("long-poll")]
const errors = []
const producer = new IdempotentProducer(handle, "numbers", {
  fetch: patient,
  lingerMs: 5,
  onError: (error) => errors.push(error.message),
})
for (let i = 0; i < count; i++) {
  producer.append(JSON.stringify(i))
  if (i % 10 === 0) {
    process.stdout.write(`sent ${i}\n`)
    await pause(20)
  }
}
await producer.flush()
await producer.close()
const [sse, longPoll] = await Promise.all(readers)
const all = await (await stream({ url, offset: "-1", live: false })).json()
process.stdout.write(`${JSON.stringify({ errors, sse, longPoll, all })}\n`)
