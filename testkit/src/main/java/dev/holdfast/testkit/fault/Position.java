package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Check;

/** Where in a reply a fault strikes. */
public sealed interface Position {
  /** Before the response head: not a byte was sent. */
  record BeforeHead() implements Position {}

  /**
   * After so many whole events, keep-alives counted.
   *
   * @param events 0 for right after the head
   */
  record AfterEvents(int events) implements Position {
    /** Checks the bound. */
    public AfterEvents {
      Check.that(events >= 0, "event", "must not be negative", events);
    }
  }

  /**
   * After so many whole events that carry output: text, reasoning or a piece of a tool call.
   *
   * @param tokens 0 for right before the first of them
   */
  record AfterTokens(int tokens) implements Position {
    /** Checks the bound. */
    public AfterTokens {
      Check.that(tokens >= 0, "token", "must not be negative", tokens);
    }
  }

  /**
   * After so many bytes of the body, wherever that is.
   *
   * @param bytes 0 for right after the head
   */
  record AfterBytes(long bytes) implements Position {
    /** Checks the bound. */
    public AfterBytes {
      Check.that(bytes >= 0, "byte", "must not be negative", bytes);
    }
  }

  /** Right before the event with the finish reason. */
  record BeforeFinish() implements Position {}

  /** Right before the closing marker. */
  record BeforeDone() implements Position {}

  /** {@return the position as specs write it, for example {@code event=5}} */
  default String spec() {
    return switch (this) {
      case BeforeHead() -> "head";
      case AfterEvents(int events) -> "event=" + events;
      case AfterTokens(int tokens) -> "token=" + tokens;
      case AfterBytes(long bytes) -> "byte=" + bytes;
      case BeforeFinish() -> "finish";
      case BeforeDone() -> "done";
    };
  }

  /** {@return after {@code events} whole events} */
  static Position event(int events) {
    return new AfterEvents(events);
  }

  /** {@return after {@code tokens} whole events of output} */
  static Position token(int tokens) {
    return new AfterTokens(tokens);
  }

  /** {@return after {@code bytes} bytes of the body} */
  static Position bytes(long bytes) {
    return new AfterBytes(bytes);
  }
}
