package dev.holdfast.observe.explain;

import java.util.List;

/**
 * A message that is known.
 *
 * @param patterns the wordings; a star matches a few words, a hash a number
 * @param causes the ids of what it may mean, the likeliest first
 * @param software the program or library that writes it
 * @param place where in that software, or empty
 * @param meaning what happened, a sentence or two
 * @param cure what to do, a sentence or two
 */
public record KnownMessage(
    List<String> patterns,
    List<String> causes,
    String software,
    String place,
    String meaning,
    String cure) {
  /** Copies the lists. */
  public KnownMessage {
    patterns = List.copyOf(patterns);
    causes = List.copyOf(causes);
  }

  /** {@return the software and the place in it} */
  public String source() {
    return place.isEmpty() ? software : software + ", " + place;
  }
}
