package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Rung;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A model that continues at once is not taken for one that repeats what it was asked to. */
class NextPartTest {
  private static final String OBJECT =
      "{\"name\": \"the wooden winter counted a bridge\", \"tags\": [\"a\", \"b\"], \"n\": ";

  private static final String GULLS = "The gulls flew over the harbour all day long.";
  private static final String LADDER = "Greta lifted a ladder across the garden wall.";
  private static final String TIDE = "Then the tide came in and nobody spoke another word.";
  private static final String CHINESE =
      "\u6f6e\u6c50\u6162\u6162\u4e0a\u6da8\u6d77\u8fb9\u77f3\u5934\u6211\u4eec\u4e00\u8d77\u516c\u56ed\u6563\u6b65\u7136\u540e\u56de\u5bb6\u5403\u996d\u8001\u4eba\u70b9\u706f\u3002";

  @Test
  void nearDuplicateObjectsAreNotSwallowed() {
    for (String numbers : List.of("0110", "001102", "01101", "0000", "1000110")) {
      var objects = numbers.chars().mapToObj(n -> OBJECT + (char) n + "}").toList();
      straightOn("[" + String.join(",\n ", objects) + "]");
      straightOn("[" + String.join(", ", objects) + "]");
    }
  }

  @Test
  void sentencesAndLinesThatComeTwiceAreNotSwallowed() {
    for (String gap : List.of(" ", "\n", "\r\n", "\n\n")) {
      straightOn(String.join(gap, GULLS, GULLS, LADDER, LADDER, TIDE, TIDE, "The end."));
      straightOn(String.join(gap, GULLS, LADDER, LADDER, GULLS, GULLS, TIDE));
      straightOn(String.join(gap, "Listen:", TIDE, TIDE, GULLS, TIDE, TIDE, LADDER));
    }
  }

  @Test
  void sentencesOfSeveralClausesAreNotSwallowed() {
    for (String middle : List.of("; ", ", and ", " \u2014 ", ": ")) {
      String one = "A silver ladder answered the copper" + middle + "the bridge forgot a violin.";
      String other = "The station followed a pocket" + middle + "Greta buried the orchard.";
      straightOn(String.join(" ", one, one, other, other, TIDE));
      straightOn(String.join("\n", one, one, other, other, TIDE));
    }
  }

  @Test
  void aShortSentenceThatBeginsTheTextTwiceIsNotSwallowed() {
    for (String brief : List.of("Greta repaired the window.", "A teacher counted the teacher.")) {
      straightOn(String.join(" ", brief, brief, GULLS, GULLS, TIDE));
    }
  }

  @Test
  void chineseThatComesTwiceIsNotSwallowed() {
    String other = CHINESE.substring(4, 16) + CHINESE.substring(0, 4) + CHINESE.substring(16);
    straightOn(other + CHINESE + CHINESE + other + other + CHINESE);
    straightOn(CHINESE + CHINESE + other);
  }

  @Test
  void aRepetitionThatWasAskedForIsTakenInTheSameTexts() {
    String truth = String.join(" ", GULLS, GULLS, LADDER, LADDER, TIDE, TIDE, "The end.");
    int joined = 0;
    for (int cut = 40; cut < truth.length(); cut++) {
      String delivered = truth.substring(0, cut).stripTrailing();
      var index = TextIndex.of(delivered);
      int start = Evidence.startFor(delivered, index, Evidence.MIN_ANCHOR);
      if (start >= 0) {
        String got =
            HardSeamsTest.joined(
                delivered, index, Rung.ANCHOR, start, truth.substring(start).strip(), 7);
        assertThat(got == null ? truth : got).as("cut %d", cut).isEqualTo(truth);
        joined += got == null ? 0 : 1;
      }
    }
    assertThat(joined).isGreaterThan(120);
  }

  /** Cuts a text everywhere, and continues it without any repetition. */
  private static void straightOn(String truth) {
    for (int cut = 20; cut < truth.length(); cut++) {
      String delivered = truth.substring(0, cut);
      var index = TextIndex.of(delivered);
      int start = Evidence.startFor(delivered, index, Evidence.MIN_ANCHOR);
      if (start < 0) {
        start = Evidence.shortStartFor(delivered, index);
      }
      if (start >= 0) {
        String rest = truth.substring(Alignment.withoutTrailingSpace(delivered));
        String got = HardSeamsTest.joined(delivered, index, Rung.ANCHOR, start, rest, 5);
        assertThat(got).as("cut %d of %s", cut, truth).isIn(null, truth);
      }
    }
  }
}
