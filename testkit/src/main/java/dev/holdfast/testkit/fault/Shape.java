package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.fault.Fault.Remedy;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Ways in which servers write an answer outside their protocol: what {@link Fault.Shaped} does to a
 * reply. Each was reported of a real server or gateway.
 */
public enum Shape {
  /** Fragments of the second tool call and of later ones have another index than its start. */
  MISNUMBERED_CALLS(
      "The second tool call opens at the first one's index, its fragments at another."),
  /** Each fragment of the last tool call has an index that was never opened. */
  NAMELESS_FRAGMENTS("Each fragment of the last tool call at an index that no call opened."),
  /** Tool calls one after another, all with the same index. */
  ONE_INDEX("Every tool call at the first one's index."),
  /** Each fragment of a tool call's arguments repeats all before it. */
  CUMULATIVE_ARGUMENTS("Each fragment of a tool call repeats all the fragments before it."),
  /** Whole tool calls without ids, all at the same index. */
  IDLESS_CALLS("Tool calls without an id, each whole, at one index."),
  /** The token limit cuts the arguments of the last tool call. */
  CALL_AT_LIMIT("The token limit inside the arguments of the last tool call."),
  /** The token limit comes right after the name of the last tool call. */
  BLANK_CALL_AT_LIMIT("The token limit before the first character of a tool call's arguments."),
  /** The arguments of a tool call are an object, and come whole with its name. */
  OBJECT_ARGUMENTS("A tool call's arguments as a JSON object, whole, with its name."),
  /** A tool call opens with an empty object, and its fragments are text. */
  EMPTY_OBJECT_OPENING("A tool call opens with the arguments `{}`, then come its fragments."),
  /** The block of the last tool call is written to but never opened. */
  UNOPENED_BLOCK("No `content_block_start` before the fragments of the last tool call."),
  /** The answer stops early, with a finish reason that names an error. */
  FAILED_FINISH(true, "The finish reason `error` where the answer breaks off."),
  /** The same, with another word. */
  NETWORK_ERROR_FINISH(true, "The finish reason `network-error` where the answer breaks off."),
  /** The answer stops early; a router calls that a stop, and adds what it translated. */
  NATIVE_ERROR_FINISH(true, "`stop` beside `native_finish_reason: error`."),
  /** The model wrote a tool call that the provider could not read. */
  MALFORMED_CALL_FINISH("The finish reason `MALFORMED_FUNCTION_CALL` in place of the tool calls."),
  /** The answer ends in good order without one character. */
  EMPTY_ANSWER("A whole answer without text, reasoning or tool calls."),
  /** The answer breaks off, and another one follows it in the same body. */
  SECOND_ANSWER(true, "The answer breaks off, and another one follows in the same body."),
  /** No piece of the text comes before the event that repeats it all. */
  TEXT_AT_END("No deltas; the text is in the closing event alone."),
  /** A cut connection upstream, reported as if the request had been at fault. */
  MISLABELLED_ERROR(true, "An error of the type `invalid_request` that reports a cut upstream."),
  /** No blank line after the last two events of the body. */
  GLUED_DONE("The last two events on lines of their own, without a blank line, then the end."),
  /** Signs of life whose data is empty. */
  EMPTY_PING(true, "Two `ping` events, one with the data `\"\"`, one without data."),
  /** A kept reply that is taken up again has only its closing event left, with the whole text. */
  RESUMED_AT_THE_END("A kept reply is taken up again: only its closing event comes."),
  /** The same, and the closing event repeats nothing. */
  RESUMED_AT_AN_EMPTY_END("As `resumed-at-the-end`, with an empty `output`."),
  /** The rest of a kept reply, each event under the number of the one before it. */
  RESUMED_ONE_TOO_LOW("The rest of a kept reply under numbers that are one too low."),
  /** The rest of another reply under the numbers that were asked for. */
  RESUMED_IN_ANOTHER_ANSWER("The rest of another answer in place of the kept one's."),
  /** The rest of a kept reply without three of its events. */
  RESUMED_BEHIND_A_GAP("The rest of a kept reply, three events missing."),
  /** A kept reply from its start, without numbers. */
  RESUMED_FROM_THE_START("A kept reply from its start, without numbers, for any position.");

  private static final Set<Shape> OF_CALLS =
      EnumSet.of(
          MISNUMBERED_CALLS,
          NAMELESS_FRAGMENTS,
          ONE_INDEX,
          CUMULATIVE_ARGUMENTS,
          IDLESS_CALLS,
          CALL_AT_LIMIT,
          BLANK_CALL_AT_LIMIT,
          OBJECT_ARGUMENTS,
          EMPTY_OBJECT_OPENING,
          UNOPENED_BLOCK);

  private static final Set<Shape> OF_RESUMED =
      EnumSet.of(
          RESUMED_AT_THE_END,
          RESUMED_AT_AN_EMPTY_END,
          RESUMED_ONE_TOO_LOW,
          RESUMED_IN_ANOTHER_ANSWER,
          RESUMED_BEHIND_A_GAP,
          RESUMED_FROM_THE_START);

  private final boolean placed;
  private final String summary;

  Shape(String summary) {
    this(false, summary);
  }

  Shape(boolean placed, String summary) {
    this.placed = placed;
    this.summary = summary;
  }

  /** {@return the name in specs, for example {@code one-index}} */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return one line on what it does on the wire} */
  public String summary() {
    return summary;
  }

  /** {@return whether it has a place in the reply} */
  public boolean isPlaced() {
    return placed;
  }

  /** {@return whether it is about tool calls, and does not strike an answer without them} */
  public boolean isOfCalls() {
    return OF_CALLS.contains(this);
  }

  /** {@return whether it is about kept replies, and strikes only one that is taken up again} */
  public boolean isOfResumed() {
    return OF_RESUMED.contains(this);
  }

  /** {@return whether a protocol can be written that way} */
  public boolean exists(Protocol protocol) {
    boolean chat = protocol == Protocol.OPENAI_CHAT;
    boolean messages = protocol == Protocol.ANTHROPIC_MESSAGES;
    boolean responses = protocol == Protocol.OPENAI_RESPONSES;
    boolean ollama = protocol == Protocol.OLLAMA_CHAT;
    return switch (this) {
      case MISNUMBERED_CALLS -> chat || responses;
      case ONE_INDEX, CUMULATIVE_ARGUMENTS -> chat || responses || messages;
      case NAMELESS_FRAGMENTS, EMPTY_OBJECT_OPENING, NATIVE_ERROR_FINISH -> chat;
      case IDLESS_CALLS -> chat || ollama;
      // Its calls come whole.
      case CALL_AT_LIMIT, BLANK_CALL_AT_LIMIT -> !ollama;
      case OBJECT_ARGUMENTS -> chat || messages;
      case UNOPENED_BLOCK -> messages;
      case FAILED_FINISH, NETWORK_ERROR_FINISH, EMPTY_ANSWER -> true;
      case MALFORMED_CALL_FINISH ->
          protocol == Protocol.GEMINI_SSE || protocol == Protocol.GEMINI_JSON_ARRAY;
      // Gemini and Ollama begin an answer without a word.
      case SECOND_ANSWER -> chat || messages || responses;
      case TEXT_AT_END -> responses;
      // Ollama's errors have no types.
      case MISLABELLED_ERROR -> !ollama;
      case GLUED_DONE -> chat || messages || responses;
      case EMPTY_PING -> protocol.isEvents();
      // Of bytes, a gap after those that come again cannot be seen.
      case RESUMED_AT_THE_END, RESUMED_AT_AN_EMPTY_END, RESUMED_BEHIND_A_GAP -> responses;
      case RESUMED_ONE_TOO_LOW, RESUMED_IN_ANOTHER_ANSWER, RESUMED_FROM_THE_START ->
          chat || responses;
    };
  }

  /**
   * {@return the cause a correct client must name, or null if it must not blame anything}
   *
   * @param spoken whether output comes before it
   */
  @Nullable public Cause cause(Protocol protocol, boolean spoken) {
    return switch (this) {
      case MISNUMBERED_CALLS,
          NAMELESS_FRAGMENTS,
          ONE_INDEX,
          IDLESS_CALLS,
          OBJECT_ARGUMENTS,
          EMPTY_OBJECT_OPENING,
          EMPTY_ANSWER,
          TEXT_AT_END,
          GLUED_DONE,
          EMPTY_PING,
          RESUMED_AT_THE_END ->
          null;
      // The finish itself reports it; what is not there is not handed on.
      case CALL_AT_LIMIT, BLANK_CALL_AT_LIMIT, MALFORMED_CALL_FINISH -> null;
      // Two texts of the same arguments, of which either may be the right one.
      case CUMULATIVE_ARGUMENTS ->
          protocol == Protocol.OPENAI_RESPONSES ? Cause.PROTOCOL_VIOLATION : null;
      // A second head before any word of the first answer is a head.
      case SECOND_ANSWER -> spoken ? Cause.PROTOCOL_VIOLATION : null;
      case UNOPENED_BLOCK,
          RESUMED_AT_AN_EMPTY_END,
          RESUMED_ONE_TOO_LOW,
          RESUMED_IN_ANOTHER_ANSWER,
          RESUMED_BEHIND_A_GAP,
          RESUMED_FROM_THE_START ->
          Cause.PROTOCOL_VIOLATION;
      case FAILED_FINISH, NETWORK_ERROR_FINISH, NATIVE_ERROR_FINISH -> Cause.PROVIDER_ERROR;
      // After the first word the request cannot have been at fault.
      case MISLABELLED_ERROR -> spoken ? Cause.PROVIDER_ERROR : Cause.REJECTED;
    };
  }

  /** {@return what can be done about it} */
  Remedy remedy(Protocol protocol) {
    return switch (this) {
      case EMPTY_ANSWER -> Remedy.INVISIBLE;
      case CALL_AT_LIMIT, BLANK_CALL_AT_LIMIT, MALFORMED_CALL_FINISH -> Remedy.NONE;
      case MISNUMBERED_CALLS,
          NAMELESS_FRAGMENTS,
          ONE_INDEX,
          CUMULATIVE_ARGUMENTS,
          IDLESS_CALLS,
          OBJECT_ARGUMENTS,
          EMPTY_OBJECT_OPENING,
          UNOPENED_BLOCK,
          FAILED_FINISH,
          NETWORK_ERROR_FINISH,
          NATIVE_ERROR_FINISH,
          SECOND_ANSWER,
          TEXT_AT_END,
          MISLABELLED_ERROR,
          GLUED_DONE,
          EMPTY_PING,
          RESUMED_AT_THE_END,
          RESUMED_AT_AN_EMPTY_END,
          RESUMED_ONE_TOO_LOW,
          RESUMED_IN_ANOTHER_ANSWER,
          RESUMED_BEHIND_A_GAP,
          RESUMED_FROM_THE_START ->
          cause(protocol, true) == null ? Remedy.NOT_NEEDED : Remedy.RECOVER;
    };
  }
}
