package dev.holdfast.observe.debug.clients;

import java.util.List;

/**
 * Something in a body on which clients break.
 *
 * @param kind its name; stable
 * @param words what is in the bytes
 * @param cure what to write in place of it
 * @param times how often it was seen
 * @param clients which clients break, and how
 */
public record ClientBreak(String kind, String words, String cure, int times, List<Client> clients) {
  /** Copies the list. */
  public ClientBreak {
    clients = List.copyOf(clients);
  }

  /**
   * A client that breaks.
   *
   * @param name with version and the way it was used
   * @param how what it did when it was tried
   */
  public record Client(String name, String how) {}
}
