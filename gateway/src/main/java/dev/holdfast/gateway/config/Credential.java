package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.util.Locale;
import java.util.regex.Pattern;

/** With what a request is let in at an upstream. */
public sealed interface Credential {
  /** The client's own, passed on. */
  Credential PASSED = new Passed();

  /** None: the client's is removed. */
  Credential NONE = new None();

  /** The client's own, passed on. */
  record Passed() implements Credential {}

  /** None: the client's is removed. */
  record None() implements Credential {}

  /**
   * The operator's, in place of the client's.
   *
   * @param header the header that carries it, in lower case; empty for the protocol's own
   * @param secret the key
   */
  record Own(String header, String secret) implements Credential {
    private static final Pattern TOKEN = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]*");

    /** Checks that both can be sent. */
    public Own {
      header = header.toLowerCase(Locale.ROOT);
      Check.that(TOKEN.matcher(header).matches(), "header", "must be a header's name", header);
      Check.that(
          !secret.isBlank() && secret.chars().allMatch(c -> c > 0x20 && c < 0x7f),
          "credential",
          "must be visible ASCII characters",
          "(hidden)");
    }

    /** {@return the header alone} */
    @Override
    public String toString() {
      return "Own[header=" + header + "]";
    }
  }
}
