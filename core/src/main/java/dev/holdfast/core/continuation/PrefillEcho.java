package dev.holdfast.core.continuation;

import dev.holdfast.core.stream.Rung;
import org.jspecify.annotations.Nullable;

/**
 * Some servers repeat the words that a model is asked to continue: llama.cpp puts all of them into
 * its first event. What they repeat was not written by the model.
 */
public final class PrefillEcho {
  /** No token is as long. */
  private static final int LONGER_THAN_TOKENS = 16;

  /** The words with which the request itself begins the answer. */
  private final String begun;

  private boolean known;
  private boolean echoed;

  /**
   * The echo of a request.
   *
   * @param known whether the server is known to repeat
   */
  public PrefillEcho(String begun, boolean known) {
    this.begun = begun;
    this.known = known;
  }

  /** The server is known now, as one that repeats or one that does not. */
  public void known(boolean repeats) {
    known = repeats;
  }

  /** {@return how much of the delivered text are words of the request} */
  public int length() {
    return echoed ? begun.length() : 0;
  }

  /** The first text of an answer has come. */
  public void begins(String text) {
    echoed = repeats(text, begun);
  }

  /**
   * {@return the first text of a continuation without what the server repeats}
   *
   * @param before the delivered text before the place where it is to begin
   */
  public String strip(@Nullable Rung rung, CharSequence before, String text) {
    if (rung != Rung.PREFILL && rung != Rung.CONTINUE) {
      return text;
    }
    String delivered = before.toString();
    if (!echoed && !begun.isEmpty() && text.startsWith(begun + delivered)) {
      return text.substring(begun.length() + delivered.length());
    }
    return repeats(text, delivered) ? text.substring(delivered.length()) : text;
  }

  private boolean repeats(String text, String words) {
    return !words.isBlank()
        && text.length() >= words.length()
        && text.startsWith(words)
        && (known || words.length() >= LONGER_THAN_TOKENS);
  }
}
