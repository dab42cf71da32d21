package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;

/**
 * What has been delivered, as a continuation request needs it.
 *
 * @param text the delivered text, cut back to where the continuation shall start
 * @param anchor the last characters of {@code text}, to be repeated verbatim; empty except for
 *     {@link dev.holdfast.core.stream.Rung#ANCHOR}
 * @param cause why the last attempt ended, named to the model
 * @param producedTokens tokens already written, known or estimated; taken off the output limit
 * @param echoed whether {@code text} begins with the words by which the request itself begins the
 *     answer: the provider repeated them
 */
public record Partial(String text, String anchor, Cause cause, int producedTokens, boolean echoed) {
  /** A partial answer without the request's own words. */
  public Partial(String text, String anchor, Cause cause, int producedTokens) {
    this(text, anchor, cause, producedTokens, false);
  }

  /** {@return lengths and cause; the answer stays out of logs} */
  @Override
  public String toString() {
    return "Partial[text=%d characters, anchor=%d characters, cause=%s, producedTokens=%d]"
        .formatted(text.length(), anchor.length(), cause, producedTokens);
  }
}
