// The AI SDK's own chat against a gateway with a fault server after it:
//   HOLDFAST_URL=http://127.0.0.1:4180 AI_SDK=7 node --test chat.test.mjs
// The words before the dash in a chat's id name what its upstream does; AiSdkTest has the script.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import React from "react"
import renderer, { act } from "react-test-renderer"

const newest = process.env.AI_SDK === "7"
const { DefaultChatTransport } = await import(newest ? "ai-7" : "ai")
const { Chat, useChat } = await import(newest ? "ai-sdk-react-4" : "@ai-sdk/react")

const api = `${process.env.HOLDFAST_URL}/ui/chat`
const TEXT = process.env.ANSWER_TEXT
const ended = { timeout: 60_000 }
globalThis.IS_REACT_ACT_ENVIRONMENT = true

const named = (name) => `${name}-${randomUUID()}`
const transport = (id, more = {}) =>
  new DefaultChatTransport({ api, headers: { "X-Holdfast-Stream": id }, ...more })
const text = (message) =>
  message.parts.filter((part) => part.type === "text").map((part) => part.text).join("")
const answer = (chat) => text(chat.messages.at(-1))
const user = (id) => ({ id: "u1", role: "user", parts: [{ type: "text", text: id }] })
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// A client's machine may acknowledge the end a little later than its page reads it. Until then the
// gateway has the answer ready.
async function gone(id) {
  for (;;) {
    const response = await fetch(`${api}/${id}/stream`)
    if (response.status === 204) return
    assert.equal(response.status, 200)
    assert.match(await response.text(), /data: \[DONE]\n\n$/)
    await pause(50)
  }
}

function chatOf(id, more = {}) {
  const seen = { finishes: [], errors: [], calls: [] }
  const chat = new Chat({
    id,
    transport: transport(id),
    onFinish: (finish) => seen.finishes.push(finish),
    onError: (error) => seen.errors.push(error),
    ...more,
  })
  return { chat, seen }
}

// A fetch whose first body breaks after some text, as a lost network breaks it. What a page has not read by then is lost
// to it: `events` gets each event's id, and the text up to its end.
function breaking(after, events = [], method = "POST") {
  let broken = false
  return async (input, init) => {
    const response = await fetch(input, init)
    if (broken || init?.method !== method || !response.ok) return response
    broken = true
    const reader = response.body.getReader()
    const decoder = new TextDecoder()
    let read = ""
    const body = new ReadableStream({
      async pull(controller) {
        const { value, done } = await reader.read()
        if (done) return controller.close()
        read += decoder.decode(value, { stream: true })
        controller.enqueue(value)
        if (read.split("text-delta").length > after) {
          // Only whole events count: the rest of the last one is lost with the connection.
          let text = ""
          for (const event of read.split("\n\n").slice(0, -1)) {
            text += JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "{}").delta ?? ""
            events.push({ id: /^id: (.*)$/m.exec(event)?.[1], text })
          }
          await reader.cancel()
          controller.error(new TypeError("network error"))
        }
      },
    }, { highWaterMark: 0 })
    return new Response(body, { status: response.status, headers: response.headers })
  }
}

test("a cut upstream is not noticed", ended, async () => {
  const id = named("cut")
  const { chat, seen } = chatOf(id)
  await chat.sendMessage({ text: id })
  assert.equal(chat.status, "ready")
  assert.equal(answer(chat), TEXT)
  assert.deepEqual(chat.messages.at(-1).parts.map((part) => part.type), ["step-start", "text"])
  assert.equal(chat.messages.at(-1).parts[1].state, "done")
  assert.equal(seen.finishes[0].finishReason, "stop")
  assert.deepEqual(seen.errors, [])
})

test("a client that loses its connection resumes, and has the text once", ended, async () => {
  const id = named("slow")
  const { chat, seen } = chatOf(id, { transport: transport(id, { fetch: breaking(8) }) })
  await chat.sendMessage({ text: id })
  assert.equal(chat.status, "error")
  assert.equal(seen.finishes[0].isDisconnect, true)
  const before = answer(chat)
  assert.ok(before.length > 0 && before.length < TEXT.length && TEXT.startsWith(before), before)
  await chat.resumeStream()
  assert.equal(chat.status, "ready")
  assert.equal(answer(chat), TEXT)
  assert.equal(chat.messages.length, 2)
  await gone(id)
  assert.equal(await transport(id).reconnectToStream({ chatId: id }), null)
})

test("a page that is reloaded in mid-answer has the text once", ended, async () => {
  const id = named("slow")
  const first = chatOf(id, { transport: transport(id, { fetch: breaking(8) }) })
  await first.chat.sendMessage({ text: id })
  const stored = structuredClone(first.chat.messages)
  const again = chatOf(id, {
    messages: [user(id)],
    transport: transport(id, { fetch: breaking(12, [], "GET") }),
  })
  await again.chat.resumeStream()
  assert.equal(again.chat.status, "error")
  // What the first page had stored of the answer is replaced.
  const { chat, seen } = chatOf(id, { messages: stored })
  await chat.resumeStream()
  assert.equal(chat.status, "ready")
  assert.equal(answer(chat), TEXT)
  assert.equal(chat.messages.length, 2)
  assert.deepEqual(seen.errors, [])
})

test("nothing is resumed after the end", ended, async () => {
  const id = named("whole")
  const { chat } = chatOf(id)
  await chat.sendMessage({ text: id })
  const before = structuredClone(chat.messages)
  await gone(id)
  await chat.resumeStream()
  assert.equal(chat.status, "ready")
  assert.deepEqual(chat.messages, before)
  await gone(named("never"))
})

test("the SDK's stop leaves, and the stream runs on", ended, async () => {
  const id = named("slow")
  const { chat } = chatOf(id)
  const sent = chat.sendMessage({ text: id })
  while (chat.status !== "streaming") await pause(1)
  await chat.stop()
  await sent
  assert.equal(chat.status, "ready")
  const { chat: reloaded } = chatOf(id, { messages: [user(id)] })
  await reloaded.resumeStream()
  assert.equal(answer(reloaded), TEXT)
})

test("an explicit stop ends the stream, and is no error", ended, async () => {
  const id = named("endless")
  const { chat, seen } = chatOf(id)
  const sent = chat.sendMessage({ text: id })
  while (chat.status !== "streaming") await pause(1)
  const stopped = await fetch(`${api}/${id}/stream`, { method: "DELETE" })
  assert.equal(stopped.status, 204)
  await sent
  assert.equal(chat.status, "ready")
  assert.deepEqual(seen.errors, [])
  assert.equal(seen.finishes[0].finishReason, undefined)
  assert.ok(TEXT.startsWith(answer(chat)))
  await gone(id)
})

test("an answer that stays cut is the protocol's error", ended, async () => {
  const id = named("broken")
  const { chat, seen } = chatOf(id)
  await chat.sendMessage({ text: id })
  assert.equal(chat.status, "error")
  assert.match(chat.error.message, /^holdfast: answer: must be whole, was cut by /)
  assert.equal(seen.finishes[0].finishReason, undefined)
  assert.equal(seen.finishes[0].isError, true)
  const part = answer(chat)
  assert.ok(part.length > 0 && part.length < TEXT.length && TEXT.startsWith(part), part)
  assert.equal(chat.messages.at(-1).parts.at(-1).state, "streaming")
})

test("a refusal is an error with its status", ended, async () => {
  const id = named("refused")
  const { chat } = chatOf(id)
  await chat.sendMessage({ text: id })
  assert.equal(chat.status, "error")
  await gone(id)
})

test("a tool is called once, and its message goes on", ended, async () => {
  const id = named("tool")
  const calls = []
  let again = 1
  const { chat } = chatOf(id, {
    onToolCall: ({ toolCall }) => {
      calls.push(toolCall.input)
      void chat.addToolOutput({
        tool: toolCall.toolName,
        toolCallId: toolCall.toolCallId,
        output: { wind: 3 },
      })
    },
    sendAutomaticallyWhen: () => again-- > 0,
  })
  await chat.sendMessage({ text: id })
  assert.equal(chat.status, "ready")
  // The fault server's model calls its tool in each answer, and repeats no text.
  assert.deepEqual(calls, [{ city: "Brest" }, { city: "Brest" }])
  const [, message] = chat.messages
  assert.equal(chat.messages.length, 2)
  assert.deepEqual(
    message.parts.map((part) => part.type),
    ["step-start", "text", "tool-weather", "step-start", "tool-weather"],
  )
  assert.equal(message.parts[2].state, "output-available")
  assert.deepEqual(message.parts[2].input, { city: "Brest" })
  assert.deepEqual(message.parts[2].output, { wind: 3 })
})

test("reasoning is a part of its own", ended, async () => {
  const id = named("think")
  const { chat } = chatOf(id)
  await chat.sendMessage({ text: id })
  assert.deepEqual(
    chat.messages.at(-1).parts.map((part) => [part.type, part.state]),
    [["step-start", undefined], ["reasoning", "done"], ["text", "done"]],
  )
  assert.equal(answer(chat), TEXT)
})

test("a cursor brings only the rest, in a part that is begun anew", ended, async () => {
  const id = named("slow")
  const events = []
  const { chat } = chatOf(id, {
    transport: transport(id, {
      fetch: breaking(8, events),
      resumeStreamIsReplay: false,
      prepareReconnectToStreamRequest: ({ api: base, id: chatId }) => ({
        api: `${base}/${chatId}/stream?after=${events.findLast((event) => event.id && event.text === answer(chat)).id}`,
      }),
    }),
  })
  await chat.sendMessage({ text: id })
  assert.equal(chat.status, "error")
  await chat.resumeStream()
  assert.equal(chat.status, "ready")
  assert.equal(answer(chat), TEXT)
  assert.equal(chat.messages.length, 2)
})

test("useChat with resume: true reads what is written, and then nothing", ended, async () => {
  const id = named("slow")
  const first = chatOf(id, { transport: transport(id, { fetch: breaking(8) }) })
  await first.chat.sendMessage({ text: id })
  const shown = []
  let kept
  function Page({ messages }) {
    const chat = useChat({ id, resume: true, transport: transport(id), messages })
    kept = chat
    shown.push([chat.status, chat.messages.map(text)])
    return null
  }
  let page
  await act(async () => {
    page = renderer.create(React.createElement(Page, { messages: [user(id)] }))
  })
  while (kept.messages.length < 2 || text(kept.messages[1]) !== TEXT || kept.status !== "ready") {
    assert.ok(kept.status !== "error", String(kept.error))
    await act(() => pause(5))
  }
  for (const [, texts] of shown) {
    assert.ok(texts.length < 2 || TEXT.startsWith(texts[1]), texts[1])
  }
  const messages = structuredClone(kept.messages)
  await act(async () => page.unmount())
  await gone(id)
  await act(async () => {
    page = renderer.create(React.createElement(Page, { messages }))
  })
  await act(() => pause(50))
  assert.equal(kept.status, "ready")
  assert.deepEqual(kept.messages.map(text), [id, TEXT])
  await act(async () => page.unmount())
})
