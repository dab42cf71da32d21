package dev.holdfast.core.seam;

import org.jspecify.annotations.Nullable;

/**
 * What a seam must know of the whole delivered text: its blocks of code, and which of its places
 * read alike. Reads the text when it is asked, since most answers need no seam; what the text has
 * grown by meanwhile is read then, and nothing twice. Not thread-safe.
 */
public final class TextIndex {
  private final StringBuilder text;
  private @Nullable Fences fences;
  private @Nullable Landmarks landmarks;

  /** The index of a text that may grow. */
  public TextIndex(StringBuilder text) {
    this.text = text;
  }

  /** {@return the index of a text} */
  public static TextIndex of(CharSequence text) {
    return new TextIndex(new StringBuilder(text));
  }

  Fences fences() {
    var found = fences == null ? new Fences() : fences;
    fences = found;
    found.follow(text);
    return found;
  }

  Landmarks landmarks() {
    var found = landmarks == null ? new Landmarks() : landmarks;
    landmarks = found;
    found.follow(text);
    return found;
  }
}
