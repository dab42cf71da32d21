package dev.holdfast.core.json;

/**
 * How far the arguments of a call have come. Keeps none of them: counts of brackets for all pieces
 * together and for the last one alone, because pieces may be snapshots.
 */
public final class CallArguments {
  private final JsonDepth joined = new JsonDepth();
  private final JsonDepth own = new JsonDepth();
  private RunningText snapshot = new RunningText();
  private boolean repeats = true;
  private int pieces;

  public void add(String piece) {
    if (piece.isEmpty()) {
      return;
    }
    repeats &= pieces == 0 || snapshot.isPrefixOf(piece);
    joined.take(piece);
    if (repeats) {
      snapshot = new RunningText();
      snapshot.add(piece);
      own.restart();
      own.take(piece);
    }
    pieces++;
  }

  /** {@return whether only white space came} */
  public boolean isBlank() {
    return joined.isBlank();
  }

  /** {@return whether they are one object or array, joined or by the last snapshot} */
  public boolean isWhole() {
    return joined.isWhole() || (repeats && pieces > 1 && own.isWhole());
  }

  /** {@return whether a value has begun and not ended} */
  public boolean isOpen() {
    return !isBlank() && !isWhole();
  }

  /** {@return whether {@code piece} repeats all that came, and so may be a snapshot} */
  public boolean isRepeatedBy(String piece) {
    return !isBlank() && repeats && snapshot.isPrefixOf(piece);
  }

  /** {@return whether snapshots came, of which {@code piece} is one more} */
  public boolean isCumulativeWith(String piece) {
    return pieces > 1 && isRepeatedBy(piece);
  }
}
