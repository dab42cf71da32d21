package dev.holdfast.testkit.sim.upstream;

import dev.holdfast.core.dialect.ProviderRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request asks for, as a provider reads its method and address.
 *
 * @param kind what it is
 * @param name of the kept answer; empty for a new one
 * @param position of the cursor: a number of events or bytes, or -1
 */
public record ContinuationRequest(Kind kind, String name, int position) {
  /** The requests there are. */
  public enum Kind {
    /** An answer, from its start or continued. */
    ANSWER,
    /** The token ids of a conversation. */
    TOKENS,
    /** An answer that continues from token ids. */
    COMPLETION,
    /** The events of a kept answer. */
    EVENTS,
    /** A kept answer as one document. */
    DOCUMENT
  }

  private static final Pattern KEPT =
      Pattern.compile(
          "(?:responses|stream|interactions)/([^/?]+)"
              + "(\\?(?:stream=true)?&?(?:(?:from|starting_after|last_event_id)=(\\d+))?)?");

  private static final Pattern NAMED = Pattern.compile("stream\\?conv_id=([^&]+)&from=(\\d+)");

  private static final Pattern STOPPED =
      Pattern.compile("stream(?:/|\\?conv_id=)([^&?]+)|(?:responses|interactions)/([^/?]+)/cancel");

  /** {@return the name of the kept answer that a request stops} */
  public static String stopped(ProviderRequest call) {
    Matcher stopped = STOPPED.matcher(call.path());
    if (!stopped.matches()) {
      throw new IllegalStateException("path: must be one that stops, was " + call.path());
    }
    return stopped.group(1) == null ? stopped.group(2) : stopped.group(1);
  }

  static ContinuationRequest of(ProviderRequest call) {
    if (call.method() == ProviderRequest.Method.POST) {
      return switch (call.path()) {
        case "/tokenize" -> new ContinuationRequest(Kind.TOKENS, "", -1);
        case "completions" -> new ContinuationRequest(Kind.COMPLETION, "", -1);
        default -> new ContinuationRequest(Kind.ANSWER, "", -1);
      };
    }
    Matcher named = NAMED.matcher(call.path());
    if (named.matches()) {
      return new ContinuationRequest(Kind.EVENTS, named.group(1), Integer.parseInt(named.group(2)));
    }
    Matcher kept = KEPT.matcher(call.path());
    if (!kept.matches()) {
      throw new IllegalStateException(
          "path: must be one that a provider knows, was " + call.path());
    }
    String position = kept.group(3);
    return new ContinuationRequest(
        kept.group(2) == null ? Kind.DOCUMENT : Kind.EVENTS,
        kept.group(1),
        position == null ? -1 : Integer.parseInt(position));
  }

  /** {@return whether the model is made to write} */
  public boolean makesWrite() {
    return kind == Kind.ANSWER || kind == Kind.COMPLETION;
  }
}
