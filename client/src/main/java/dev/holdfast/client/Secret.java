package dev.holdfast.client;

import dev.holdfast.core.stream.Check;
import java.util.Objects;

/** A key that never prints itself. */
public final class Secret {
  private final String text;

  private Secret(String text) {
    this.text = text;
  }

  /**
   * {@return a secret of visible ASCII characters, as a header can carry them}
   *
   * @throws IllegalArgumentException if it is empty or has other characters; the message does not
   *     quote it
   */
  public static Secret of(String text) {
    Objects.requireNonNull(text, "text");
    boolean visible = !text.isEmpty();
    for (int i = 0; i < text.length(); i++) {
      visible &= text.charAt(i) > ' ' && text.charAt(i) < 0x7f;
    }
    Check.that(
        visible, "key", "must be visible ASCII characters", text.length() + " characters (hidden)");
    return new Secret(text);
  }

  /** {@return the secret itself, for the header} */
  String reveal() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && secret.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return "(hidden)";
  }
}
