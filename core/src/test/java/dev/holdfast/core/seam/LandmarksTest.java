package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LandmarksTest {
  /** A text that counts how often its characters are read. */
  private static final class Counted implements CharSequence {
    private final StringBuilder text = new StringBuilder();
    private long reads;

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      reads++;
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }

  @Test
  void aTextThatGrowsByCharactersIsNotReadAgainFromItsBeginning() {
    var text = new Counted();
    var landmarks = new Landmarks();
    int length = 4 * Stitcher.OVERLAP_WINDOW;
    for (int i = 0; i < length; i++) {
      text.text.append((char) ('a' + (i * i) % 23));
      landmarks.follow(text);
    }
    assertThat(text.reads).isLessThan(64L * length);
  }
}
