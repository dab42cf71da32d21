package dev.holdfast.observe.debug.wire;

import dev.holdfast.core.stream.Check;

/**
 * One header of a request or a response.
 *
 * @param name as it was spelled
 * @param value without white space around it; untrusted text in a response
 */
public record HeaderLine(String name, String value) {
  /**
   * {@return a header that may be sent}
   *
   * @throws IllegalArgumentException if the name is no token or the value has control characters;
   *     the message does not quote the value, which may be a key
   */
  public static HeaderLine of(String name, String value) {
    Check.that(
        name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+"),
        "header",
        "must have a token for a name",
        name);
    Check.that(
        value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7f)),
        "header " + name,
        "must have no control characters",
        value.length() + " characters");
    return new HeaderLine(name, value.strip());
  }

  /** {@return whether this is the header of that name, in any case} */
  public boolean is(String other) {
    return name.equalsIgnoreCase(other);
  }

  /** Leaves out the value, which may be a key. */
  @Override
  public String toString() {
    return name;
  }
}
