package dev.holdfast.observe.debug.clients;

import java.util.Locale;

/** A shape of bytes on which a client breaks. Which clients break is in {@link ClientTable}. */
enum ClientKind {
  // Lines and blocks of an event stream.
  COMMENT(
      "a comment line (\": ...\") in a Gemini stream",
      "let the proxy that adds keep-alives pass this stream through; Gemini sends none"),
  COMMENT_WITH_DATA(
      "a comment line in the same block as data", "end the comment with a blank line of its own"),
  COMMENT_AFTER_ID(
      "a blank line that ends a block without data, after an id: line",
      "write a comment as one line without a blank line after it, or leave out the ids"),
  EVENT_WITHOUT_DATA(
      "a block with an event: line and no data: line",
      "give every event data; a sign of life is a comment, or a whole ping event in Messages"),
  RETRY_ALONE("a block with a retry: line and no data: line", "put retry: in front of an event"),
  EMPTY_DATA(
      "an event whose data is blank or an empty string",
      "send a comment (\": ping\") as sign of life, or in Messages a whole ping event"),
  COMMENT_AS_DATA(
      "a keep-alive comment sent as data (\"data: : ...\")",
      "let the gateway pass comments on as comments, or drop them"),
  DOUBLED_PREFIX(
      "a second data: prefix inside the data", "let the gateway unwrap its upstream's events"),
  GLUED_EVENTS(
      "several JSON documents in one event: blank lines are missing",
      "end every event with a blank line"),
  MULTI_LINE_DATA(
      "one JSON document over several data: lines", "write each event's JSON on one line"),
  UNTERMINATED_EVENT(
      "a last event without its blank line",
      "end the last event with a blank line, as every other"),
  LONE_CR("lines that end in CR alone", "end lines with LF"),
  BYTE_ORDER_MARK("a byte order mark at the start", "write UTF-8 without a byte order mark"),
  FIELD_BESIDE_DATA(
      "event:, id: or retry: lines in a Gemini stream", "send data: lines only, as the API does"),
  LINE_OF_SPACES("a line that holds nothing but spaces", "end an event with an empty line"),
  NO_SPACE("data: without a space after the colon", "write \"data: \" with one space"),
  NAMELESS_EVENT(
      "Messages events without their event: line",
      "write event: with the type that the data names, before each data: line"),
  MISNAMED_EVENT(
      "Messages events whose event: line names another type than their data",
      "write event: with the type that the data names"),
  FOREIGN_DONE(
      "a [DONE] marker, which this protocol does not have",
      "let the gateway leave out [DONE] here: it belongs to OpenAI's streams"),

  // OpenAI Chat Completions.
  CHUNK_ID_MISSING("chunks without an id", "give every chunk the same id, a string"),
  CHUNK_ID_TYPE("a chunk id that is no string", "give every chunk the same id, a string"),
  CHUNK_OBJECT_MISSING(
      "chunks without object", "write \"object\":\"chat.completion.chunk\" into every chunk"),
  CHUNK_CREATED_MISSING("chunks without created", "write created, in whole seconds"),
  CHUNK_CREATED_TYPE("created as a string", "write created as a whole number of seconds"),
  CHUNK_CREATED_FRACTION("created with a fraction", "write created as a whole number of seconds"),
  CHUNK_MODEL_MISSING("chunks without model", "write model into every chunk"),
  CHOICES_MISSING(
      "an event without choices, such as a ping or a status",
      "send a comment in place of an event that is no chunk"),
  CHOICES_NULL("choices that are null", "write an empty array"),
  CHOICE_INDEX_MISSING("a choice without a number as index", "write \"index\":0"),
  DELTA_MISSING("a choice without delta, or with null", "write an empty object"),
  ROLE_MISSING("no chunk with a role", "write \"role\":\"assistant\" into the first delta"),
  ROLE_UNKNOWN("a role that is no role", "write \"role\":\"assistant\" into the first delta"),
  CONTENT_PARTS("content as an array of parts", "write content as a string"),
  FINISH_REASON_BLANK("a finish reason that is an empty string", "write null until the end"),
  FINISH_LENGTH(
      "the finish reason length",
      "raise the token limit; keep what the error carries in the client"),
  FINISH_CONTENT_FILTER(
      "the finish reason content_filter",
      "change the prompt or the filter; keep what the error carries in the client"),
  ANNOTATIONS_OBJECT("annotations as an object", "write annotations as an array"),
  CALLS_INTERLEAVED("tool calls whose pieces interleave", "send one tool call after the other"),
  CHUNK_AFTER_FINISH(
      "a chunk for a choice that has its finish reason",
      "write nothing for a choice after its finish reason"),
  USAGE_WITH_CHOICES(
      "usage on a chunk that has choices",
      "send usage in a chunk of its own, with an empty choices array, after the finish"),
  USAGE_STRINGS("token counts as strings", "write token counts as numbers"),
  ERROR_NULL("an error member that is null", "leave out error where there is none"),
  ERROR_EMPTY("an error member that is empty", "leave out error where there is none"),
  CALL_TYPE_MISSING(
      "a tool call without type", "write \"type\":\"function\" into a call's first piece"),
  CALL_TYPE_NULL("a later piece of a tool call whose type is null", "leave type out there"),
  CALL_INDEX_MISSING("a piece of a tool call without index", "number tool calls from 0"),
  CALL_INDEX_GAP("tool calls that are not numbered from 0", "number tool calls from 0"),
  CALL_INDEX_REUSED("several tool calls at one index", "give every tool call its own index"),
  CALL_NAME_REPEATED(
      "a tool call's name in each of its pieces", "write id and name into the first piece only"),
  CALL_ARGUMENTS_MISSING(
      "a tool call whose first piece has no arguments, or null",
      "write \"arguments\":\"\" into the first piece"),
  CALL_ARGUMENTS_OBJECT("arguments as an object", "write arguments as a string that holds JSON"),
  CALL_ARGUMENTS_CUMULATIVE(
      "pieces of arguments that each repeat all before them", "write only what is new"),
  FUNCTION_CALL_LEGACY(
      "function_call, as before tools", "answer with tool_calls; ask with tools, not functions"),

  // Anthropic Messages.
  START_USAGE_MISSING(
      "message_start without usage", "write usage with input_tokens and output_tokens, if only 0"),
  START_USAGE_EMPTY(
      "message_start whose usage has no input_tokens", "write input_tokens, if only 0"),
  START_CONTENT_MISSING("message_start without a content array", "write \"content\":[]"),
  MESSAGE_START_TWICE("message_start twice", "write it once, before everything else"),
  MESSAGE_STOP_TWICE("message_stop twice", "write it once"),
  DELTA_USAGE_MISSING("message_delta without usage", "write usage with output_tokens, if only 0"),
  DELTA_USAGE_EMPTY(
      "message_delta whose usage has no output_tokens", "write output_tokens, if only 0"),
  STOP_DETAILS_UNTYPED("stop_details without type", "write its type, or \"stop_details\":null"),
  BLOCK_TEXT_MISSING("a text block that begins without text", "write \"text\":\"\""),
  BLOCK_STARTS_WITH_TEXT(
      "text in content_block_start", "open the block empty and send its text as deltas"),
  SEVERAL_TEXT_BLOCKS(
      "several text blocks", "join neighbouring text blocks; the client adds a line break"),
  COMPACTION_BLOCK(
      "a compaction block", "do not ask for compaction, or skip its block in the client"),
  BLOCK_INDEX_MISSING("a block event without index", "number blocks from 0"),
  BLOCK_INDEX_GAP("blocks that are not numbered from 0 without a gap", "number blocks from 0"),
  BLOCK_INDEX_REUSED("a second block at an index", "give every block its own index"),
  BLOCK_NEVER_OPENED(
      "deltas for a block that was never opened", "send content_block_start before the deltas"),
  BLOCK_NEVER_CLOSED(
      "a block that is never closed", "send content_block_stop before the next block and the end"),
  DELTA_AFTER_STOP(
      "a delta for a block that is closed", "send all deltas before content_block_stop"),
  TEXT_IN_TOOL_BLOCK("a text delta in a tool block", "open a text block for text"),
  THINKING_IN_OTHER_BLOCK(
      "a thinking delta in a block of another type", "open a thinking block for thoughts"),
  SIGNATURE_IN_OTHER_BLOCK(
      "a signature delta outside of a thinking block", "send signatures in thinking blocks only"),
  UNKNOWN_EVENT(
      "an event type that the protocol does not have", "send signs of life in the protocol's form"),
  UNKNOWN_BLOCK("a block type that the protocol does not have", "keep vendor blocks off the wire"),
  UNKNOWN_DELTA("a delta type that the protocol does not have", "keep vendor deltas off the wire"),
  CALL_ID_MISSING("a tool_use block without id", "write an id"),
  CALL_INPUT_TYPE("a tool_use block whose input is no object", "write \"input\":{}"),
  CALL_INPUT_WHOLE(
      "a call's whole input in content_block_start",
      "open the block with \"input\":{} and send the input as input_json_delta"),
  CALL_INPUT_TWICE(
      "a call's input in content_block_start and again in deltas", "send it once, in deltas"),

  // OpenAI Responses.
  CREATED_MISSING("no response.created at the start", "begin with response.created"),
  RESPONSE_ID_MISSING("response.created without id", "write the response's id"),
  RESPONSE_MODEL_MISSING("response.created without model", "write model"),
  CREATED_AT_MISSING("response.created without created_at", "write created_at"),
  RESPONSE_OUTPUT_MISSING("response.created without an output array", "write \"output\":[]"),
  ITEM_ADDED_MISSING(
      "deltas of an item that was never added",
      "send response.output_item.added before its deltas"),
  PART_ADDED_MISSING(
      "deltas of a part that was never added",
      "send response.content_part.added before its deltas"),
  PART_TYPE_UNKNOWN("a text part whose type is not output_text", "open text parts as output_text"),
  CALL_DONE_MISSING(
      "a function call without response.output_item.done",
      "send response.output_item.done for every item"),
  CALL_ONLY_AT_THE_END(
      "a function call in the last event only",
      "send output_item.added, the arguments and output_item.done as well"),
  TEXT_WITHOUT_DELTAS(
      "text without a single delta", "send the text as response.output_text.delta as well"),
  TERMINAL_OUTPUT_EMPTY(
      "a last event whose output is empty", "repeat all items in the last event's output"),
  TERMINAL_OUTPUT_MISSING(
      "a last event without output", "repeat all items in the last event's output"),
  TERMINAL_RENAMED("response.done in place of response.completed", "end with response.completed"),
  RESPONSE_INCOMPLETE(
      "response.incomplete as the last event",
      "raise the token limit; handle response.incomplete in the client"),
  ITEM_ID_MISSING("an item without id", "give every item an id"),
  ITEM_ID_CHANGES(
      "item ids that change within an item", "use the id of output_item.added in all its events"),
  ITEM_CONTENT_MISSING("a message item without content", "write \"content\":[]"),
  DELTA_ITEM_ID_MISSING("deltas without item_id", "write item_id into every delta"),
  DELTA_OUTPUT_INDEX_MISSING("deltas without output_index", "write output_index into every delta"),
  DELTA_CONTENT_INDEX_MISSING(
      "text deltas without content_index", "write content_index into every text delta"),
  OUTPUT_INDEX_REUSED("two items at one output_index", "give every item its own output_index"),

  // Gemini and Ollama.
  WRAPPED_RESPONSE(
      "chunks inside a response member", "unwrap them: this is the form of an internal API"),
  CANDIDATES_EMPTY("a chunk with an empty candidates array", "leave candidates out"),
  CHUNK_WITHOUT_CONTENT(
      "a chunk without a part: no candidate, no content, or no parts",
      "send the finish reason with a part, if only an empty text"),
  CONTENT_ROLE_MISSING("content without a role", "write \"role\":\"model\""),
  PARTS_NULL("parts that are null", "leave parts out, or write an empty array"),
  FINISH_NULL("a finishReason that is null", "leave finishReason out until the end"),
  FINISH_NOT_NATURAL(
      "a finish reason other than STOP",
      "read the chunks before the client's own check of the end"),
  THOUGHT_PART("a thought among the parts", "do not ask for thoughts, or skip them in the client"),
  FINISH_UNKNOWN(
      "a finish reason that the API does not have", "translate it to one that the API has"),
  CALL_IN_PIECES(
      "a function call in pieces (partialArgs)",
      "do not ask for streamed function call arguments, or read partialArgs yourself"),
  CALL_ARGS_MISSING("a function call without args, or with null", "write \"args\":{}"),
  CALL_ARGUMENTS_STRING(
      "a function call whose arguments are a string", "write arguments as an object"),

  // Silence before a body that comes in one burst; Arrival has the times.
  LATE_HEAD(
      "no byte, not even the head, for 65 s or longer; then all at once",
      "let no proxy buffer; send the head at once and a sign of life every 15 s; raise the client's"
          + " timeout"),
  VERY_LATE_HEAD(
      "no byte, not even the head, for 330 s or longer; then all at once",
      "let no proxy buffer; send the head at once and a sign of life every 15 s; raise the client's"
          + " timeout"),
  VERY_LATE_BODY(
      "the head, then no byte for 330 s or longer, then the body at once",
      "let no proxy buffer; send a sign of life every 15 s; raise the client's timeout");

  private final String words;
  private final String cure;

  ClientKind(String words, String cure) {
    this.words = words;
    this.cure = cure;
  }

  /** {@return what is in the bytes} */
  String words() {
    return words;
  }

  /** {@return what the writer of the bytes should write} */
  String cure() {
    return cure;
  }

  /** {@return the name in tables and JSON} */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * {@return the kind with this id}
   *
   * @throws IllegalArgumentException if there is none
   */
  static ClientKind byId(String id) {
    return valueOf(id.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
