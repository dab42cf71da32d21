package dev.holdfast.core.guard;

import java.util.Arrays;

/**
 * Masks keys in bytes that come piece by piece, also where two pieces share one. Not thread-safe.
 */
public final class PieceMask {
  private final Redactor redactor;
  private byte[] before = new byte[0];

  /** A mask of one body. */
  public PieceMask(Redactor redactor) {
    this.redactor = redactor;
  }

  /** {@return a copy of a piece with asterisks, where nothing is known of what follows} */
  public byte[] masked(byte[] piece) {
    return masked(piece, new byte[0]);
  }

  /** Records bytes that are not shown. */
  public void passed(byte[] piece) {
    byte[] all = Arrays.copyOf(before, before.length + piece.length);
    System.arraycopy(piece, 0, all, before.length, piece.length);
    before = Arrays.copyOfRange(all, Math.max(0, all.length - redactor.reach()), all.length);
  }

  /**
   * {@return a copy of a piece with asterisks for every byte of a key} Of a key that begins at the
   * very end, and may continue in a later piece, the beginning is masked from its fourth character.
   *
   * @param following what is known of the bytes after it
   */
  public byte[] masked(byte[] piece, byte[] following) {
    byte[] window = Arrays.copyOf(before, before.length + piece.length + following.length);
    System.arraycopy(piece, 0, window, before.length, piece.length);
    System.arraycopy(following, 0, window, before.length + piece.length, following.length);
    int from = before.length;
    int until = from + piece.length;
    before = Arrays.copyOfRange(window, Math.max(0, until - redactor.reach()), until);
    redactor.mask(window);
    return Arrays.copyOfRange(window, from, until);
  }
}
