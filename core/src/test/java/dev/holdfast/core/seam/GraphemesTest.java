package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GraphemesTest {
  private static final Pattern CLUSTER = Pattern.compile("\\X");

  private static final List<String> PIECES =
      List.of(
          "a",
          " ",
          "\r\n",
          "\n",
          "e\u0301",
          "o\u0308\u0323",
          "👩‍👩‍👧‍👦",
          "👍🏽",
          "🏽",
          "🇩🇪",
          "🇫",
          "❤️",
          "1️⃣",
          "🏴\udb40\udc67\udb40\udc62\udb40\udc65\udb40\udc6e\udb40\udc67\udb40\udc7f",
          "한국어",
          "\u1112\u1161\u11ab",
          "\u1112",
          "\u1161",
          "\u11ab",
          "क्षि",
          "नमस्ते",
          "กำ",
          "\u0e33",
          "المدُّ",
          "\u0600",
          "\u200d",
          "\u200c",
          "\ufe0f",
          "世界",
          "ﾊﾞ",
          "\ud83d",
          "\udc00",
          "\u0000");

  /** The JDK's own clusters; ours may only be longer. */
  @Test
  void nowhereIsACharacterCutThatTheJdkKeepsWhole() {
    for (long seed = 1; seed <= 3000; seed++) {
      String text = text(new Random(seed));
      var ends = new HashSet<Integer>();
      ends.add(0);
      var cluster = CLUSTER.matcher(text);
      while (cluster.find()) {
        ends.add(cluster.end());
      }
      for (int at = 0; at <= text.length(); at++) {
        if (Graphemes.isBoundary(text, at)) {
          assertThat(ends).as("seed %d, at %d of '%s'", seed, at, text).contains(at);
        }
      }
    }
  }

  @Test
  void ordinaryTextHasABoundaryBehindEveryCharacter() {
    String text = "Größe 12 % – “ok” 世界、カモメ! مرحبا 😀🙂🇩🇪🇫🇷한국";
    var ends = new HashSet<Integer>();
    var cluster = CLUSTER.matcher(text);
    while (cluster.find()) {
      ends.add(cluster.end());
      assertThat(Graphemes.isBoundary(text, cluster.end())).as("at %d", cluster.end()).isTrue();
    }
    assertThat(ends).hasSizeGreaterThan(30);
  }

  @Test
  void aRowOfFlagsLongerThanAnyHasNoBoundary() {
    String text = "🇩🇪".repeat(2000);
    assertThat(Graphemes.isBoundary(text, 4)).isTrue();
    assertThat(Graphemes.isBoundary(text, 2)).isFalse();
    assertThat(Graphemes.isBoundary(text, 6000)).isFalse();
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int i = 1 + random.nextInt(12); i > 0; i--) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    return text.toString();
  }
}
