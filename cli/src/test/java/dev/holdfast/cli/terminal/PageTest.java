package dev.holdfast.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PageTest {
  private final StringBuilder shown = new StringBuilder();
  private final TextWrapper page = new TextWrapper(shown::append, 2, 20);

  @Test
  void wrapsAtWordsHoweverTheTextArrives() {
    "wind from the west, sea rough, lamp lit"
        .chars()
        .mapToObj(Character::toString)
        .forEach(page::text);
    page.close();
    assertThat(shown).hasToString("  wind from the west,\n  sea rough, lamp lit\n");
  }

  @Test
  void keepsParagraphs() {
    page.text("one\n\ntwo");
    page.close();
    assertThat(shown).hasToString("  one\n\n  two\n");
  }

  @Test
  void continuesAtTheColumnWhereAnAsideBrokeIt() {
    page.text("sea ro");
    page.aside("! cut");
    page.mark("|");
    page.text("ugh");
    page.close();
    assertThat(shown).hasToString("  sea ro\n! cut\n        |ugh\n");
  }

  @Test
  void aGapBeforeABreakIsKept() {
    page.text("sea ");
    page.aside("! cut");
    page.mark("|");
    page.text("rough");
    page.close();
    assertThat(shown).hasToString("  sea\n! cut\n      |rough\n");
  }

  @Test
  void twoAsidesFollowEachOtherWithoutABlankLine() {
    page.text("sea");
    page.aside("! cut");
    page.aside("> again");
    page.text(" rough");
    page.close();
    assertThat(shown).hasToString("  sea\n! cut\n> again\n      rough\n");
  }

  @Test
  void asidesBeforeAnyTextAddNoBlankLine() {
    page.aside("! refused");
    page.text("sea");
    page.close();
    assertThat(shown).hasToString("! refused\n  sea\n");
  }

  @Test
  void breaksAWordThatIsWiderThanThePage() {
    page.text("a".repeat(25));
    page.close();
    assertThat(shown).hasToString("  " + "a".repeat(20) + "\n  " + "a".repeat(5) + "\n");
  }

  @Test
  void countsWideCharactersTwice() {
    page.text("海".repeat(11));
    page.close();
    assertThat(shown).hasToString("  " + "海".repeat(10) + "\n  海\n");
  }
}
