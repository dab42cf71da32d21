package dev.holdfast.core.stream;

import org.jspecify.annotations.Nullable;

/**
 * A provider's own report of its failure.
 *
 * @param type the provider's class of error, for example {@code overloaded_error}; empty if absent
 * @param code the provider's code as text, even where it was a number; empty if absent
 * @param message the provider's sentence; empty if absent. Untrusted text
 * @param raw the error value as the JSON that was sent, or the plain text; at most 64 KiB
 */
public record ProviderError(String type, String code, String message, String raw) {
  /** Longest name that our own sentences repeat, in characters. */
  private static final int MAX_NAME = 64;

  /**
   * {@return the type, or else the code, if it is a name of at most 64 letters, digits and {@code _
   * . : / -}; else empty} Anything longer or with other characters is prose, and may quote a
   * request.
   */
  public String name() {
    return isName(type) ? type : isName(code) ? code : "";
  }

  private static boolean isName(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_NAME
        && text.chars()
            .allMatch(c ->
                (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "_.:/-".indexOf(c) >= 0);
  }

  /** {@return the most specific of code, type and message, for one-line displays} */
  public String headline() {
    String name = !type.isEmpty() ? type : code;
    if (message.isEmpty()) {
      return name.isEmpty() ? raw : name;
    }
    return name.isEmpty() ? message : name + ": " + message;
  }

  /** {@return an error without type and code} */
  public static ProviderError ofMessage(String message, @Nullable String raw) {
    return new ProviderError("", "", message, raw == null ? message : raw);
  }

  /** Leaves out what the provider wrote: it may echo a prompt or a part of a key. */
  @Override
  public String toString() {
    return "ProviderError[name=%s, message=%d characters]".formatted(name(), message.length());
  }
}
