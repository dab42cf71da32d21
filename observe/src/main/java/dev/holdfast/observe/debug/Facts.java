package dev.holdfast.observe.debug;

import java.util.Map;

/**
 * Everything that a diagnosis rests on.
 *
 * @param exchange the wire and the verdict
 * @param reading what the body said
 * @param pace when it came
 * @param oddities how often each oddity was met
 */
public record Facts(Exchange exchange, Reading reading, Pace pace, Map<Oddity, Integer> oddities) {
  /** Copies the oddities. */
  public Facts {
    oddities = Map.copyOf(oddities);
  }

  /** {@return how often an oddity was met} */
  public int count(Oddity oddity) {
    return oddities.getOrDefault(oddity, 0);
  }
}
