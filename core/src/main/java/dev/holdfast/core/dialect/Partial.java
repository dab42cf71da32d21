package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;

/**
 * What has been delivered, as a continuation request needs it.
 *
 * @param text the delivered text, cut back to where the continuation shall start
 * @param anchor the last characters of {@code text}, to be repeated verbatim; empty but for {@link
 *     dev.holdfast.core.stream.Rung#ANCHOR}
 * @param cause why the last attempt ended, named to the model
 * @param producedTokens tokens already written, known or estimated; taken off the output limit
 */
public record Partial(String text, String anchor, Cause cause, int producedTokens) {
  /** {@return lengths and cause; the answer stays out of logs} */
  @Override
  public String toString() {
    return "Partial[text=%d characters, anchor=%d characters, cause=%s, producedTokens=%d]"
        .formatted(text.length(), anchor.length(), cause, producedTokens);
  }
}
