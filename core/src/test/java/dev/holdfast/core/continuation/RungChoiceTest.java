package dev.holdfast.core.continuation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.seam.Evidence;
import dev.holdfast.core.seam.TextIndex;
import dev.holdfast.core.stream.Rung;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * How a broken stream goes on, for every kind of upstream, request and state. A change of the rules
 * shows as changed lines; write the new table with {@code -Dholdfast.fixtures.write=true} and
 * review the difference.
 */
class RungChoiceTest {
  private static final String LONG =
      "Once upon a time there was a stream that broke in the middle of a word, and nobody knew.";

  private static final List<String> UPSTREAMS =
      List.of(
          "-",
          "anchor replay",
          "prefill anchor replay",
          "token_ids continue anchor replay",
          "cursor anchor replay");

  private static final List<String> REQUESTS =
      List.of(
          "plain",
          "deterministic",
          "tools",
          "structured",
          "structured deterministic",
          "exact",
          "exact deterministic",
          "two choices");

  private static final Map<String, RungChoice.Delivered> DELIVERED = new LinkedHashMap<>();

  static {
    DELIVERED.put("text", delivered(LONG, ""));
    DELIVERED.put("a few words", delivered("Hello there", ""));
    DELIVERED.put("ha ha ha", delivered("ha ".repeat(2000), ""));
    DELIVERED.put("reasoning", delivered("", "reasoning"));
    DELIVERED.put("reasoning, text", delivered(LONG, "reasoning"));
    DELIVERED.put("more than kept", delivered("", "lost"));
    DELIVERED.put("a refusal", delivered(LONG, "refusal"));
    DELIVERED.put("live tools", delivered(LONG, "tools"));
    DELIVERED.put("choice 1", delivered(LONG, "other"));
  }

  private static RungChoice.Delivered delivered(String text, String what) {
    return new RungChoice.Delivered(
        text,
        TextIndex.of(text),
        what.equals("lost"),
        what.equals("reasoning"),
        what.equals("refusal"),
        what.equals("tools"),
        what.equals("other"));
  }

  @Test
  void everyChoiceStandsInTheCommittedTable() throws IOException {
    var table = new StringBuilder();
    for (var upstream : UPSTREAMS) {
      var kept =
          upstream.contains("cursor")
              ? RungChoice.Kept.values()
              : new RungChoice.Kept[] {RungChoice.Kept.NOTHING};
      for (var left : kept) {
        for (var request : REQUESTS) {
          DELIVERED.forEach((name, delivered) ->
              table.append(
                  "%-33s| %-9s| %-25s| %-16s-> %s%n"
                      .formatted(
                          upstream,
                          left.name().toLowerCase(Locale.ROOT),
                          request,
                          name,
                          told(choice(upstream, request, delivered, left, Map.of())))));
        }
      }
    }
    var file = Path.of(System.getProperty("holdfast.root", ".."), "fixtures/engine/rungs.txt");
    if (Boolean.getBoolean("holdfast.fixtures.write")) {
      Files.writeString(file, table);
    }
    assertThat(table.toString().lines()).containsExactlyElementsOf(Files.readAllLines(file));
  }

  @Test
  void whatWasRefusedBeforeIsPassedOverAndNamed() {
    var text = delivered(LONG, "");
    var missing = Map.of(Rung.PREFILL, new RungChoice.Refusal("provider answered 400", false));
    assertThat(choice("prefill anchor", "plain", text, RungChoice.Kept.NOTHING, missing).rung())
        .isEqualTo(Rung.ANCHOR);
    assertThat(choice("prefill replay", "plain", text, RungChoice.Kept.NOTHING, missing).reason())
        .isEqualTo(
            "prefill: provider answered 400; replay: the request has neither temperature 0 nor a seed");
  }

  @Test
  void aTextThatProvesNoSeamIsAskedForAgain() {
    String ticks = "tick tock tick tick tock tock ".repeat(4).strip();
    var kept = RungChoice.Kept.NOTHING;
    assertThat(choice("anchor replay", "plain", delivered(ticks, ""), kept, Map.of()).rung())
        .isEqualTo(Rung.REPLAY);
    var more = delivered(ticks.repeat(9), "");
    assertThat(choice("anchor replay", "plain", more, kept, Map.of()).rung())
        .isEqualTo(Rung.REFUSE);
    assertThat(choice("replay", "plain", delivered(ticks, ""), kept, Map.of()).rung())
        .isEqualTo(Rung.REFUSE);
    var refused = Map.of(Rung.REPLAY, new RungChoice.Refusal("it differed", true));
    assertThat(choice("anchor replay", "plain", delivered(ticks, ""), kept, refused).rung())
        .isEqualTo(Rung.REFUSE);
  }

  @Test
  void aTextWhoseSeamWasRefusedIsAskedForAgain() {
    var refused = Map.of(Rung.ANCHOR, new RungChoice.Refusal("fits in several places", true));
    var kept = RungChoice.Kept.NOTHING;
    var text = delivered(LONG, "");
    assertThat(choice("anchor replay", "plain", text, kept, refused).rung()).isEqualTo(Rung.REPLAY);
    assertThat(choice("anchor replay", "exact", text, kept, refused).rung()).isEqualTo(Rung.REFUSE);
    assertThat(choice("anchor replay", "structured", text, kept, refused).rung())
        .isEqualTo(Rung.REFUSE);
    var more = delivered(LONG.repeat(12), "");
    assertThat(choice("anchor replay", "plain", more, kept, refused).rung()).isEqualTo(Rung.REFUSE);
    var unknown = Map.of(Rung.ANCHOR, new RungChoice.Refusal("provider answered 400", false));
    assertThat(choice("anchor replay", "plain", text, kept, unknown).rung()).isEqualTo(Rung.REFUSE);
  }

  @Test
  void aContinuationIsAskedToBeginWhereItCanProveItself() {
    for (var upstream : List.of("token_ids", "continue", "prefill", "anchor")) {
      var choice =
          choice(upstream, "plain", delivered(LONG, ""), RungChoice.Kept.NOTHING, Map.of());
      assertThat(LONG.substring(choice.start()).strip().length())
          .as(upstream)
          .isGreaterThanOrEqualTo(
              upstream.equals("anchor") ? Evidence.MIN_ANCHOR : Evidence.MIN_VISIBLE)
          .isLessThan(LONG.length());
    }
  }

  @Test
  void noRefusalIsWithoutAReasonAndNoChoiceWithOne() {
    for (var upstream : UPSTREAMS) {
      for (var request : REQUESTS) {
        DELIVERED.forEach((name, delivered) -> {
          var choice = choice(upstream, request, delivered, RungChoice.Kept.NOTHING, Map.of());
          assertThat(choice.reason().isEmpty()).isEqualTo(choice.rung() != Rung.REFUSE);
        });
      }
    }
  }

  private static String told(RungChoice choice) {
    return choice.rung() + (choice.reason().isEmpty() ? "" : " (" + choice.reason() + ")");
  }

  private static RungChoice choice(
      String upstream,
      String asked,
      RungChoice.Delivered delivered,
      RungChoice.Kept kept,
      Map<Rung, RungChoice.Refusal> missing) {
    var facts =
        new RequestFacts(
            "m",
            asked.contains("two") ? 2 : 1,
            asked.contains("tools"),
            asked.contains("structured"),
            asked.contains("deterministic"),
            -1);
    var rungs =
        Arrays.stream(upstream.split(" "))
            .filter(name -> !name.equals("-"))
            .map(name -> Rung.valueOf(name.toUpperCase(Locale.ROOT)))
            .collect(Collectors.toList());
    return RungChoice.of(
        new Capability(rungs, Prefill.PLAIN),
        facts,
        asked.contains("exact"),
        delivered,
        kept,
        missing);
  }
}
