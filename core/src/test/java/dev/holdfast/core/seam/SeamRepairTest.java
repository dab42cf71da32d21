package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Rung;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** White space, quotations and blocks of code at a seam: joined by rule, or refused. */
class SeamRepairTest {
  /** {@return the delivered text as the seam makes it, or why it was refused} */
  private static String joined(
      String delivered, Rung rung, int start, String continuation, int size) {
    var stitcher = new Stitcher(delivered, TextIndex.of(delivered), rung, start, 240);
    for (int at = 0; at < continuation.length(); at += size) {
      int end = Math.min(continuation.length(), at + size);
      switch (stitcher.feed(continuation.substring(at, end))) {
        case Stitcher.Decision.Hold() -> {}
        case Stitcher.Decision.Join(var text, int overlap) -> {
          return delivered + text + continuation.substring(end);
        }
        case Stitcher.Decision.Refuse(var reason) -> {
          return "refuse " + reason;
        }
      }
    }
    return switch (stitcher.end(true)) {
      case Stitcher.Decision.Hold() -> "hold";
      case Stitcher.Decision.Join(var text, int overlap) -> delivered + text;
      case Stitcher.Decision.Refuse(var reason) -> "refuse " + reason;
    };
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          # case; ^ is where the continuation was asked to begin
          a paragraph is not doubled     | prefill | ~It all has^ ended right here.\\n\\n~   | ~ ended right here.\\n\\nNext.~  | ~It all has ended right here.\\n\\nNext.~
          a paragraph is not lost        | prefill | ~It all has^ ended right here.\\n\\n~   | ~ ended right here. Next.~      | ~It all has ended right here.\\n\\nNext.~
          half a paragraph is completed  | prefill | ~It all has^ ended right here.\\n~      | ~ ended right here.\\n\\nNext.~  | ~It all has ended right here.\\n\\nNext.~
          a space before a paragraph     | prefill | ~It all has^ ended right here. ~        | ~ ended right here.\\n\\nNext.~  | ~It all has ended right here. \\n\\nNext.~
          fewer spaces                   | prefill | ~It all has^ ended right here.  ~       | ~ ended right here. Next.~      | ~It all has ended right here.  Next.~
          a break that is not repeated   | prefill | ~It all has^ ended right here.\\n~      | ~ ended right here.Next.~       | ~It all has ended right here.\\nNext.~
          another word                   | prefill | ~It all is here with^ all of them\\n~   | ~ all of themselves.~           | refuse the continuation resumes after other white space
          a stop behind a space          | prefill | ~It all is here with^ all of them ~      | ~ all of them.~                 | refuse the continuation resumes after other white space
          an indented item               | prefill | ~- one thing or^ another of them\\n~    | ~ another of them\\n  - a part~  | ~- one thing or another of them\\n  - a part~
          an indentation that was begun  | prefill | ~- one thing or^ another of them\\n  ~  | ~ another of them\\n  - a part~  | ~- one thing or another of them\\n  - a part~
          another indentation            | prefill | ~- one thing or^ another of them\\n  ~  | ~ another of them\\n- next~      | refuse the continuation resumes after other white space
          a deeper indentation           | prefill | ~- one thing or^ another of them\\n  ~  | ~ another of them\\n    - part~  | ~- one thing or another of them\\n    - part~
          other space within code        | prefill | ~```\\nx =^ f(first, second)  ~         | ~ f(first, second) # sum~       | refuse the continuation resumes after other white space
          the same space within code     | prefill | ~```\\nx =^ f(first, second)  ~         | ~ f(first, second)  # sum~      | ~```\\nx = f(first, second)  # sum~
          a fence opened again before    | prefill | ~So:\\n```java\\nint^ second = first + 2;\\n~ | ~```java\\n second = first + 2;\\nint x;~     | ~So:\\n```java\\nint second = first + 2;\\nint x;~

          a fence opened again behind    | anchor  | ~So:\\n```java\\nint^ second = first + 2;\\n~ | ~«second = first + 2;»\\n\\n```java\\nint x;~  | ~So:\\n```java\\nint second = first + 2;\\nint x;~
          a blank line of a block        | anchor  | ~```java\\na = 1;\\n    b = 2;\\n\\nint^ second = first + 2;~ | ~second = first + 2;\\n\\nint x;~ | ~```java\\na = 1;\\n    b = 2;\\n\\nint second = first + 2;\\n\\nint x;~
          a blank line, or a break twice | anchor  | ~```java\\na = 1;\\n    b = 2;\\n\\nint^ second = first + 2;~ | ~second = first + 2;\\n\\n    x;~ | refuse the line break behind the repetition may be the text's or the model's
          a block without blank lines    | anchor  | ~```java\\na = 1;\\n    b = 2;\\n    int^ second = first + 2;~ | ~second = first + 2;\\n\\nint x;~ | refuse the line break behind the repetition may be the text's or the model's
          a fence opened inside a line   | anchor  | ~So:\\n```java\\nint^ second = first + 2;~    | ~«second = first + 2;»\\n\\n```java\\nint x;~  | refuse the continuation opens its block of code again inside a line
          the fence that closes          | prefill | ~So:\\n```java\\nint^ second = first + 2;~    | ~ second = first + 2;\\n```\\n\\nDone.~         | ~So:\\n```java\\nint second = first + 2;\\n```\\n\\nDone.~
          the fence that closes, at last | prefill | ~So:\\n```java\\nint^ second = first + 2;\\n~ | ~ second = first + 2;\\n```~                    | ~So:\\n```java\\nint second = first + 2;\\n```~
          a fence where there is no code | prefill | ~There are no but^ some ordinary words~  | ~```\\n some ordinary words and~ | refuse the continuation does not repeat the delivered text
          a block that was closed        | prefill | ~```\\na\\n```\\nThese are^ some ordinary words~ | ~ some ordinary words:\\n\\n```c\\nx~ | ~```\\na\\n```\\nThese are some ordinary words:\\n\\n```c\\nx~
          a quotation of the text's own  | anchor  | ~He said "we shall^ see about all of it~ | ~"see about all of it" and left~ | refuse a closing mark may belong to the repetition or to the text
          a quotation of the model's     | anchor  | ~He said that we shall^ see about all of it~ | ~"see about all of it" and left~ | refuse the continuation may have lost or added a space behind its quotation
          brackets                       | anchor  | ~He said that we shall^ see about all of it~ | ~[see about all of it] and left~ | refuse the continuation may have lost or added a space behind its quotation
          brackets behind a sentence     | anchor  | ~He said that we shall^ see about all of it.~ | ~[see about all of it.] And left~ | refuse the white space behind a quotation may be the text's or the model's
          a tone for a hand              | prefill | ~Look at^ all of these waving hands 👋~     | ~ all of these waving hands 👋🏽 now~          | ~Look at all of these waving hands 👋🏽 now~
          an accent                      | prefill | ~We met^ in this little cafe~            | ~ in this little cafe\\u0301 and~          | ~We met in this little cafe\\u0301 and~
          half of a flag                 | prefill | ~We met^ under their flag, 🇩~            | ~ under their flag, 🇩🇪 and~              | ~We met under their flag, 🇩🇪 and~
          a syllable                     | prefill | ~We met^ and she said to me \\u1112\\u1161~ | ~ and she said to me \\u1112\\u1161\\u11ab~ | ~We met and she said to me \\u1112\\u1161\\u11ab~
          """)
  void isJoinedOrRefused(
      String name, String rung, String delivered, String continuation, String expected) {
    String marked = unescaped(delivered);
    int start = marked.indexOf('^');
    String text = marked.replace("^", "");
    String more = unescaped(continuation);
    for (int size = 1; size <= more.length() + 1; size++) {
      assertThat(joined(text, Rung.valueOf(rung.toUpperCase(Locale.ROOT)), start, more, size))
          .as("%s, in pieces of %d", name, size)
          .isEqualTo(unescaped(expected));
    }
  }

  private static String unescaped(String text) {
    var out = new StringBuilder(text.replace("\\n", "\n"));
    for (int at = out.indexOf("\\u"); at >= 0; at = out.indexOf("\\u")) {
      char c = (char) Integer.parseInt(out.substring(at + 2, at + 6), 16);
      out.replace(at, at + 6, String.valueOf(c));
    }
    return out.toString();
  }

  @Test
  void whereAContinuationIsAskedToBeginNoCharacterIsCut() {
    String cut = "👩‍👩‍👧‍👦🇩🇪🇫🇷e\u0301\u1112\u1161\u11ab👍🏽नमस्ते";
    for (int end = 1; end <= 6 * cut.length(); end++) {
      String text = "It begins here. " + cut.repeat(6).substring(0, end);
      for (int least : new int[] {Evidence.MIN_VISIBLE, Evidence.MIN_ANCHOR}) {
        int start = Evidence.startFor(text, TextIndex.of(text), least);
        if (start >= 0) {
          assertThat(Graphemes.isBoundary(text, start)).as("at %d of %s", start, text).isTrue();
        }
      }
    }
  }

  @Test
  void blocksOfCodeAreDistinguishedFromOrdinaryText() {
    assertThat(isCode("a\n```java\nint")).isTrue();
    assertThat(isCode("a\n```java\nint\n```\nb")).isFalse();
    assertThat(isCode("a\n````\n```\nb")).isTrue();
    assertThat(isCode("a\n~~~\n```\nb")).isTrue();
    assertThat(isCode("a ``` b\nc")).isFalse();
    assertThat(isCode("    ```\nc")).isFalse();
  }

  private static boolean isCode(String text) {
    return Fences.of(text).isInside(text.length());
  }
}
