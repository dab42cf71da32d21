package dev.holdfast.core.stream;

/** States a rule about a parameter; a breach names the parameter, the rule and the value. */
public final class Check {
  private Check() {}

  /**
   * Throws unless {@code rule} holds.
   *
   * @throws IllegalArgumentException with the message {@code name: rule, was value}
   */
  public static void that(boolean holds, String name, String rule, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + rule + ", was " + value);
    }
  }
}
