package dev.holdfast.core.seam;

/**
 * What a seam must know of the whole delivered text: its blocks of code, and which of its places
 * read alike. Follows the text as it grows, so that a seam in a long one need not read it all
 * again.
 */
public final class TextIndex {
  private final Fences fences = new Fences();
  private final Landmarks landmarks = new Landmarks();

  /** The index of an empty text. */
  public TextIndex() {}

  /** {@return the index of a text} */
  public static TextIndex of(CharSequence text) {
    var index = new TextIndex();
    index.follow(new StringBuilder(text));
    return index;
  }

  /** Reads what the text has more than when it was read last; a shorter one is another text. */
  public void follow(StringBuilder text) {
    fences.follow(text);
    landmarks.follow(text);
  }

  Fences fences() {
    return fences;
  }

  Landmarks landmarks() {
    return landmarks;
  }
}
