package dev.holdfast.observe.debug.rules;

/** The party that has to change something. */
public enum Culprit {
  /** No party: nothing is wrong. */
  NONE("no party"),
  /** The provider, or the server that runs the model. */
  PROVIDER("the provider"),
  /** Something between you and the provider: a gateway, a load balancer, a CDN. */
  PROXY("a proxy on the way"),
  /** The network, or the provider's host. */
  NETWORK("the network or the host"),
  /** The request: its address, its body, its headers. */
  REQUEST("the request"),
  /** The account: its key, its money, its limits. */
  ACCOUNT("the account"),
  /** The limits of this debugger, or its user. */
  DEBUGGER("the debugger's own limits");

  private final String words;

  Culprit(String words) {
    this.words = words;
  }

  /** {@return the party's name, for display} */
  public String words() {
    return words;
  }
}
