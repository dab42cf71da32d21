package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Rung;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StitcherTest {
  private static final String D = "The quick brown fox jumps over the lazy dog and runs";

  /** Feeds {@code continuation} in pieces of {@code size} and tells how it was decided. */
  private static String stitch(
      String delivered, Rung rung, int start, String continuation, int size) {
    return stitched(
            delivered.translateEscapes(), rung, start, continuation.translateEscapes(), size)
        .replace("\n", "\\n");
  }

  private static String stitched(
      String delivered, Rung rung, int start, String continuation, int size) {
    var stitcher = new Stitcher(delivered, TextIndex.of(delivered), rung, start, 240);
    for (int at = 0; at < continuation.length(); at += size) {
      int end = Math.min(continuation.length(), at + size);
      var decision = stitcher.feed(continuation.substring(at, end));
      if (decision instanceof Stitcher.Decision.Join(var text, int overlap)) {
        return "join " + overlap + " '" + text + continuation.substring(end) + "'";
      }
      if (decision instanceof Stitcher.Decision.Refuse(var reason)) {
        return "refuse " + reason;
      }
    }
    return switch (stitcher.end(true)) {
      case Stitcher.Decision.Hold() -> "hold";
      case Stitcher.Decision.Join(var text, int overlap) -> "join " + overlap + " '" + text + "'";
      case Stitcher.Decision.Refuse(var reason) -> "refuse " + reason;
    };
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          exact                     | prefill | 34 | " lazy dog and runs off."                       | join 18 ' off.'
          leading space dropped     | prefill | 34 | "lazy dog and runs off."                        | join 17 ' off.'
          other white space         | prefill | 34 | " lazy  dog and\truns off."                     | refuse the continuation does not repeat the delivered text
          more overlap than asked   | prefill | 34 | " jumps over the lazy dog and runs off."        | join 33 ' off.'
          the whole answer again    | prefill | 34 | "The quick brown fox jumps over the lazy dog and runs off." | join 52 ' off.'
          another text              | prefill | 34 | "A completely different sentence about a cat."   | refuse the continuation does not repeat the delivered text
          a preamble                | prefill | 34 | "Sure, here is the rest: lazy dog and runs off." | refuse the continuation opens with a preamble instead of the delivered text
          a restart that differs    | prefill | 34 | "The quick brown fox jumps over the crazy dog and runs off." | refuse the continuation does not repeat the delivered text
          the tail alone            | prefill | 34 | " off and away it went, never to be seen again." | refuse the continuation does not repeat the delivered text
          nothing                   | prefill | 34 | ""                                              | refuse the continuation ended within the repeated text
          only the repetition       | prefill | 34 | " lazy dog and runs"                            | refuse the continuation brings nothing new where the text cannot end
          ends inside the repetition| prefill | 34 | " lazy dog"                                     | refuse the continuation ended within the repeated text
          anchor                    | anchor  | 20 | "jumps over the lazy dog and runs off."         | join 32 ' off.'
          anchor in quotes          | anchor  | 20 | "«jumps over the lazy dog and runs» off."       | refuse the continuation may have lost or added a space behind its quotation
          quotes never closed       | anchor  | 20 | "«jumps over the lazy dog and runs off."        | refuse the repeated text is in a quotation that is not closed behind it
          plain quotes              | anchor  | 20 | "`jumps over the lazy dog and runs` off."       | refuse the continuation may have lost or added a space behind its quotation
          bold quotes               | anchor  | 20 | "**“jumps over the lazy dog and runs”** off."   | refuse the continuation may have lost or added a space behind its quotation
          a leading ellipsis        | anchor  | 20 | "...jumps over the lazy dog and runs off."      | join 35 ' off.'
          words before the anchor   | anchor  | 20 | "Sure: jumps over the lazy dog and runs off."   | refuse the continuation opens with a preamble instead of the delivered text
          quotes glued to a word    | anchor  | 20 | "«jumps over the lazy dog and runs»off."        | refuse the continuation may have lost or added a space behind its quotation
          a paragraph in a sentence | anchor  | 20 | "jumps over the lazy dog and runs\n\noff."    | refuse the line break behind the repetition may be the text's or the model's
          a paragraph in a prefill  | prefill | 34 | " lazy dog and runs\n\noff."                   | join 18 '\\n\\noff.'
          no anchor                 | anchor  | 20 | " off and away it went, never to be seen again." | refuse the continuation does not repeat the delivered text
          replay                    | replay  | 0  | "The quick brown fox jumps over the lazy dog and runs off." | join 52 ' off.'
          replay that differs       | replay  | 0  | "The quick brown fox jumps over a lazy dog and runs off." | refuse the repeated answer differs from the delivered text
          replay with other space   | replay  | 0  | "The quick  brown fox jumps over the lazy dog and runs off." | refuse the repeated answer differs from the delivered text
          """)
  void decides(String name, String rung, int start, String continuation, String decision) {
    for (int size = 1; size <= continuation.length() + 1; size++) {
      assertThat(stitch(D, Rung.valueOf(rung.toUpperCase(Locale.ROOT)), start, continuation, size))
          .as("%s, in pieces of %d", name, size)
          .isEqualTo(decision);
    }
  }

  @Test
  void aFullStopBeforeTheSameWordIsNewTextAndNoEllipsis() {
    String delivered = "Möwen Küste über Frühlingswind";
    var stitcher =
        new Stitcher(
            delivered, TextIndex.of(delivered), Rung.ANCHOR, delivered.lastIndexOf(' '), 240);
    assertThat(stitcher.feed(".")).isEqualTo(Stitcher.HOLD);
    assertThat(stitcher.feed(" Frühlingswind die Möwen, und noch viel mehr davon"))
        .isInstanceOf(Stitcher.Decision.Refuse.class);
  }

  @Test
  void someOfAnAnchorOfTicksAndTocksIsNoProof() {
    String delivered = "tock tock tick tock tock tock tick tick. tock tick tock.\n\ntick tick";
    // What is new is longer than what a model may write between two repetitions.
    String next = " tock tick tock. tick tick tick tick tock tick tick tock tock tick";
    for (int from = 26; from < delivered.length() - 12; from++) {
      var stitcher = new Stitcher(delivered, TextIndex.of(delivered), Rung.ANCHOR, 24, 240);
      String some = delivered.substring(from);
      assertThat(stitcher.feed(some + next)).as(some).isInstanceOf(Stitcher.Decision.Refuse.class);
    }
    assertThat(
            new Stitcher(delivered, TextIndex.of(delivered), Rung.ANCHOR, 24, 240)
                .feed(delivered.substring(24) + next))
        .isInstanceOf(Stitcher.Decision.Join.class);
  }

  @Test
  void oneLongWordProvesNoOverlapThatWasNotAskedFor() {
    String delivered = "Over the bay went the Frühlingswindgeschwader";
    var stitcher = new Stitcher(delivered, TextIndex.of(delivered), Rung.PREFILL, 4, 240);
    assertThat(stitcher.feed(" Frühlingswindgeschwader are what the bay is known for by now"))
        .isInstanceOf(Stitcher.Decision.Refuse.class);
  }

  @Test
  void aLineBreakAtTheSeamIsNotLost() {
    assertThat(stitch(D + "\n", Rung.PREFILL, 34, " lazy dog and runs\n\nNext.", 1))
        .isEqualTo("join 19 '\\nNext.'");
  }

  @Test
  void aContinuationThatFitsInTwoPlacesIsRefused() {
    String twice = "one two three four five six; one two three four five six; ";
    String once = "one two three four five six; ";

    assertThat(
            new Stitcher(twice, TextIndex.of(twice), Rung.PREFILL, 40, 240)
                .feed(once + once + "seven"))
        .isEqualTo(new Stitcher.Decision.Refuse("the continuation fits in several places"));
    assertThat(new Stitcher(twice, TextIndex.of(twice), Rung.PREFILL, 40, 240).feed(once + "new"))
        .isEqualTo(
            new Stitcher.Decision.Refuse(
                "the repeated text is too much like other delivered text"));
  }

  @Test
  void theWholeAnswerAgainIsDistinguishedFromAShortRepetitionOfItsBeginning() {
    String refrain = "tick tock tick tock ";
    String verse = "tock tick tick tock tock tock tick tock tick tick tick tock ".repeat(3);
    String delivered = refrain + verse + refrain;
    // Held for longer than anything else would be: till its end it is repetition and nothing else.
    var stitcher = new Stitcher(delivered, TextIndex.of(delivered), Rung.PREFILL, 150, 48);
    assertThat(stitcher.feed(delivered)).isEqualTo(Stitcher.HOLD);
    assertThat(stitcher.timeUp()).isEqualTo(Stitcher.HOLD);
    assertThat(stitcher.feed("gong and more"))
        .isEqualTo(new Stitcher.Decision.Join("gong and more", delivered.length()));
  }

  @Test
  void aRepetitionOfTheAnswersBeginningIsJoinedOnceItIsNotTheWholeAnswer() {
    String refrain = "one two three four five six seven; ";
    String delivered = refrain + "a verse of other words than those; " + refrain;
    var stitcher = new Stitcher(delivered, TextIndex.of(delivered), Rung.PREFILL, 80, 48);
    assertThat(stitcher.feed(refrain)).isEqualTo(Stitcher.HOLD);
    assertThat(stitcher.feed("a verse of new words"))
        .isEqualTo(
            new Stitcher.Decision.Refuse(
                "the repeated text is too much like other delivered text"));
  }

  @Test
  void whileTextOnlyRepeatsTheHoldBackTimeDoesNotMatter() {
    var stitcher = new Stitcher(D, TextIndex.of(D), Rung.PREFILL, 34, 240);

    assertThat(stitcher.feed(" lazy")).isInstanceOf(Stitcher.Decision.Hold.class);
    assertThat(stitcher.timeUp()).isInstanceOf(Stitcher.Decision.Hold.class);
    assertThat(stitcher.feed(" dog and runs on")).isEqualTo(Stitcher.HOLD);
    assertThat(stitcher.feed(" and off")).isEqualTo(new Stitcher.Decision.Join(" on and off", 18));
  }

  /**
   * What was begun is gone on with, not talked about: an item by its number, a clause by a mark.
   */
  @ParameterizedTest
  @ValueSource(strings = {"\n12. ", "; "})
  void aRemarkWhereSomethingWasBegunIsRefused(String begun) {
    String delivered = "11. The keeper oils the lamp and counts all of the ships" + begun;
    var index = TextIndex.of(delivered);
    int start = Evidence.startFor(delivered, index, Evidence.MIN_ANCHOR);
    for (String remark :
        List.of("Let me know if you need anything else!", "That was the end of my answer.")) {
      var stitcher = new Stitcher(delivered, index, Rung.ANCHOR, start, 240);
      var decision = stitcher.feed(delivered.substring(start) + remark + " Close the door.");
      assertThat(decision instanceof Stitcher.Decision.Hold ? stitcher.end(true) : decision)
          .as(remark)
          .isInstanceOf(Stitcher.Decision.Refuse.class);
    }
    var honest = new Stitcher(delivered, index, Rung.ANCHOR, start, 240);
    var decision = honest.feed(delivered.substring(start) + "Close the door to the stairs.");
    assertThat(decision instanceof Stitcher.Decision.Hold ? honest.end(true) : decision)
        .isInstanceOf(Stitcher.Decision.Join.class);
  }

  /** A remark is one in a block of code, too; a line of code is none. */
  @Test
  void aRemarkInsideABlockOfCodeIsRefused() {
    String delivered =
        "Use this:\n\n```python\ndef ladder(a, b=(7, 2)):\n    \"\"\"Greta carried a lantern bey";
    var index = TextIndex.of(delivered);
    int start = Evidence.startFor(delivered, index, Evidence.MIN_ANCHOR);
    for (String remark :
        List.of(
            "! (text ends here)",
            " Cont.: ",
            ". Hope that helps!",
            "; Error: context length exceeded",
            ", As I mentioned, ",
            "? FIN.")) {
      for (String rest : List.of("", "ond the wall.\"\"\"\n    return a[b]\n```\n")) {
        assertThat(decide(delivered, index, start, remark + rest))
            .as(remark + rest)
            .isInstanceOf(Stitcher.Decision.Refuse.class);
      }
    }
    for (String code :
        List.of("ond the wall.\"\"\"\n", "\"\"\"\n    return End(a)\n", ": Cont = 3\n")) {
      assertThat(decide(delivered, index, start, code + "    x = End\n```\n"))
          .as(code)
          .isInstanceOf(Stitcher.Decision.Join.class);
    }
  }

  @Test
  void aWordForTheEndIsARemarkAlsoWhereTheAnswerFollows() {
    String delivered = "The keeper oils the lamp and counts all of the ships in the harbour";
    var index = TextIndex.of(delivered);
    int start = Evidence.startFor(delivered, index, Evidence.MIN_ANCHOR);
    for (String word : List.of(". End ", "\n\nEnd ", " \u064a\u062a\u0628\u0639 ", ": Ende ")) {
      assertThat(decide(delivered, index, start, word + "wall, before the night falls."))
          .as(word)
          .isInstanceOf(Stitcher.Decision.Refuse.class);
    }
    assertThat(decide(delivered, index, start, " end wall, before the night falls."))
        .isInstanceOf(Stitcher.Decision.Join.class);
  }

  private static Stitcher.Decision decide(
      String delivered, TextIndex index, int start, String fresh) {
    var stitcher = new Stitcher(delivered, index, Rung.ANCHOR, start, 240);
    var decision = stitcher.feed(delivered.substring(start) + fresh);
    return decision instanceof Stitcher.Decision.Hold ? stitcher.end(true) : decision;
  }
}
