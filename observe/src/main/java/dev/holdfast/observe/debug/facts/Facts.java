package dev.holdfast.observe.debug.facts;

import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import java.util.List;
import java.util.Map;

/**
 * Everything that a diagnosis rests on.
 *
 * @param exchange the wire and the verdict
 * @param reading what the body contained
 * @param pace when it came
 * @param oddities how often each oddity was met
 * @param answer what the answer consists of
 * @param clients on what clients break, of an answer that is complete; else empty
 */
public record Facts(
    ObservedExchange exchange,
    Reading reading,
    Pace pace,
    Map<Anomaly, Integer> oddities,
    AnswerFacts answer,
    List<ClientBreak> clients) {
  /** Copies the collections. */
  public Facts {
    oddities = Map.copyOf(oddities);
    clients = List.copyOf(clients);
  }

  /** {@return how often an oddity was met} */
  public int count(Anomaly oddity) {
    return oddities.getOrDefault(oddity, 0);
  }
}
