package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Rung;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RungChoiceTest {
  private static final String LONG =
      "Once upon a time there was a stream that broke in the middle of a word, and nobody knew.";

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          # case                       | model can            | request              | delivered  | missing        | chosen  | because
          the best rung first          | PREFILL ANCHOR REPLAY| -                    | long       | -              | PREFILL | -
          the next when one is missing | PREFILL ANCHOR REPLAY| -                    | long       | PREFILL        | ANCHOR  | -
          replay needs determinism     | PREFILL ANCHOR REPLAY| -                    | long       | PREFILL ANCHOR | REFUSE  | no rung of this model fits
          replay when deterministic    | PREFILL ANCHOR REPLAY| deterministic        | long       | PREFILL ANCHOR | REPLAY  | -
          a few words are replayed     | PREFILL ANCHOR REPLAY| -                    | short      | -              | REPLAY  | -
          only reasoning: a new answer | ANCHOR               | -                    | nothing    | -              | REPLAY  | -
          reasoning is not exact       | ANCHOR               | exact deterministic  | nothing    | -              | REFUSE  | an exact answer is required, and its reasoning would be another generation's
          nothing the model can        | -                    | -                    | long       | -              | REFUSE  | no rung of this model fits
          several choices              | PREFILL ANCHOR REPLAY| two                  | long       | -              | REFUSE  | several choices cannot be continued
          structured output            | PREFILL ANCHOR REPLAY| structured           | long       | -              | REFUSE  | structured output is continued by exact rungs only
          structured and deterministic | PREFILL ANCHOR REPLAY| structured deterministic | long   | -              | REPLAY  | -
          exact required               | PREFILL ANCHOR REPLAY| exact                | long       | -              | REFUSE  | an exact answer is required
          exact and deterministic      | PREFILL ANCHOR REPLAY| exact deterministic  | long       | -              | REPLAY  | -
          a live tool call             | PREFILL ANCHOR REPLAY| -                    | tool       | -              | REFUSE  | fragments of a tool call were delivered
          a refusal                    | PREFILL ANCHOR REPLAY| -                    | refusal    | -              | REFUSE  | a refusal cannot be continued
          more text than is kept       | PREFILL ANCHOR REPLAY| -                    | lost       | -              | REFUSE  | more text was delivered than is kept for recovery
          nothing unique to repeat     | PREFILL ANCHOR       | -                    | repetitive | -              | REFUSE  | the delivered text is too short or too repetitive to prove a seam
          """)
  void choosesTheFirstRungThatEverythingAllows(
      String name,
      @Nullable String can,
      @Nullable String request,
      String delivered,
      @Nullable String missing,
      String chosen,
      @Nullable String because) {
    String asked = request == null ? "" : request;
    var facts =
        new RequestFacts(
            "m",
            asked.contains("two") ? 2 : 1,
            false,
            asked.contains("structured"),
            asked.contains("deterministic"),
            -1);
    var gone = EnumSet.noneOf(Rung.class);
    gone.addAll(rungs(missing));

    var choice =
        RungChoice.of(
            new Capability(rungs(can), Prefill.PLAIN),
            facts,
            asked.contains("exact"),
            delivered(delivered),
            gone);

    assertThat(choice.rung()).isEqualTo(Rung.valueOf(chosen));
    assertThat(choice.reason()).isEqualTo(because == null ? "" : because);
  }

  private static List<Rung> rungs(@Nullable String names) {
    return names == null ? List.of() : Arrays.stream(names.split(" ")).map(Rung::valueOf).toList();
  }

  private static RungChoice.Delivered delivered(String what) {
    return switch (what) {
      case "long" -> new RungChoice.Delivered(LONG, false, false, false, false, false);
      case "short" -> new RungChoice.Delivered("Hello there", false, false, false, false, false);
      case "nothing" -> new RungChoice.Delivered("", false, true, false, false, false);
      case "tool" -> new RungChoice.Delivered(LONG, false, false, false, true, false);
      case "refusal" -> new RungChoice.Delivered(LONG, false, false, true, false, false);
      case "lost" -> new RungChoice.Delivered("", true, false, false, false, false);
      case "repetitive" ->
          new RungChoice.Delivered("ha ".repeat(2000), false, false, false, false, false);
      default -> throw new IllegalArgumentException(what);
    };
  }
}
