package dev.holdfast.observe.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.explain.MessageTable.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MessageTableTest {
  private static final List<String> IDS = Arrays.stream(Cause.values()).map(Cause::id).toList();

  private final Explanations explanations = Explanations.load();
  private final List<Entry> entries = MessageTable.parse(table());

  private static String table() {
    try (InputStream in = Explanations.class.getResourceAsStream("messages.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyEntryNamesCausesSoftwareMeaningAndCure() {
    var wrong = new ArrayList<KnownMessage>();
    for (Entry entry : entries) {
      var message = entry.message();
      boolean sound =
          !message.causes().isEmpty()
              && IDS.containsAll(message.causes())
              && !message.software().isBlank()
              && message.meaning().endsWith(".")
              && message.cure().matches("(?s)\\P{javaLowerCase}?.{8,}[.)]")
              && !(message.meaning() + message.cure()).contains("$");
      if (!sound) {
        wrong.add(message);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(entries).hasSizeGreaterThan(400);
  }

  @Test
  void sectionsAreSortedAndComeOnce() {
    List<String> names =
        table()
            .lines()
            .filter(line -> line.startsWith("= "))
            .map(line -> line.substring(2).replaceAll(" *\\|.*", ""))
            .toList();
    assertThat(names).doesNotHaveDuplicates();
    assertThat(names.stream().map(MessageTableTest::order).toList()).isSorted();
  }

  private static String order(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  @Test
  void noWordingStandsTwice() {
    var all = new ArrayList<String>();
    for (Entry entry : entries) {
      var own = entry.wordings().stream().map(MessageTableTest::letters).toList();
      assertThat(own).doesNotHaveDuplicates();
      if (entry.needs().isEmpty() && entry.excludes().isEmpty()) {
        all.addAll(own);
      }
    }
    assertThat(all.stream().filter(one -> Collections.frequency(all, one) > 1)).isEmpty();
  }

  private static String letters(Wording wording) {
    return wording.text().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9*#]", "");
  }

  @Test
  void everyWordingIsLongEnoughToMeanSomething() {
    assertThat(
            entries.stream()
                .flatMap(entry -> entry.wordings().stream())
                .filter(wording -> wording.weight() < 7)
                .map(Wording::text))
        .isEmpty();
  }

  /** A text in which a wording stands as its software writes it. */
  private static String sample(Entry entry, Wording wording) {
    String text = wording.text().replace("*", " some words ").replace("#", "4711");
    return entry.needs().isEmpty() ? text : text + " (" + entry.needs().getFirst() + ")";
  }

  @Test
  void theSampleOfEveryWordingIsExplainedByItsOwnEntry() {
    var wrong = new ArrayList<String>();
    for (Entry entry : entries) {
      for (Wording wording : entry.wordings()) {
        var matches = explanations.match(sample(entry, wording));
        if (matches.isEmpty() || !matches.getFirst().equals(entry.message())) {
          wrong.add(
              "%s (%s) <- %s"
                  .formatted(
                      wording.text(),
                      entry.message().software(),
                      matches.stream().map(KnownMessage::patterns).toList()));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void aClassOfAnotherVendorIsNotMistaken() {
    var wrong = new ArrayList<String>();
    int names = 0;
    for (Entry entry : entries) {
      for (Wording wording : entry.wordings()) {
        if (wording.text().matches("[A-Za-z0-9]+(Exception|Error|Timeout)")) {
          names++;
          String foreign = "com.acme.other." + sample(entry, wording);
          if (explanations.match(foreign).contains(entry.message())) {
            wrong.add(foreign);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(names).isGreaterThan(60);
  }
}
