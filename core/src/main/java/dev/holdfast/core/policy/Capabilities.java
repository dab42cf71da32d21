package dev.holdfast.core.policy;

/**
 * What is known about continuing answers, by protocol, host and model. A first guess: an upstream
 * that answers a continuation with a 4xx is asked in the next way. The table is {@link
 * Profiles#DEFAULT}.
 */
public final class Capabilities {
  private Capabilities() {}

  /**
   * {@return how {@code model} at {@code host} may be made to continue}
   *
   * @param dialectId the protocol's id; an unknown one has no rung
   * @param host the host name without port; may be empty
   * @param model the model's name as in the request, routing prefixes such as {@code anthropic/}
   *     included; may be empty
   */
  public static Capability forModel(String dialectId, String host, String model) {
    return Profiles.DEFAULT.find(dialectId, host, model).capability();
  }
}
