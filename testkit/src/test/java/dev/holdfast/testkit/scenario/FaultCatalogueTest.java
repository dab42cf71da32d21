package dev.holdfast.testkit.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.answer.AnswerStyle;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Writes {@code docs/faults.md} out of the sealed type, and holds the committed page to it. */
final class FaultCatalogueTest {
  private static final String REGENERATE =
      "./mvnw -q -pl testkit -am test -Dtest=FaultCatalogueTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dholdfast.regenerate=true";

  private static final String INTRODUCTION =
      """
      # Faults

      <!-- Generated from dev.holdfast.testkit.fault.Fault; do not edit. Regenerate: REGENERATE -->

      What the fault server (`./holdfast faults`) and the simulation can do to a reply. A fault is \
      written `name@key=value,key=value`, several of them are separated by `;` and worked in one \
      after the other. They go into the `attempts` of a scenario file, into the header \
      `X-Holdfast-Fault` of a request, or into `Fault.parse`.

      **Where.** `event=5`: after five whole events, keep-alives counted. `token=5`: after five \
      whole events that carry output. `byte=500`: after 500 bytes of the body; not for faults that \
      damage one event, which is the one that follows the position. `finish`, `done`: right before \
      the finish reason or the closing marker. `head`: before the response head; for `cut-fin`, \
      `cut-rst` and `stall` only. Without a position it is `token=3`. A fault whose position the \
      reply does not reach does not strike.

      **How much.** Times are written `200us`, `20ms`, `2s`, `5m`, `1h`; sizes `500`, `64k`, `3m`, \
      `1g`. `stall` takes `keep-alive=TIME` for keep-alives instead of silence. `status` takes \
      `retry-after=TIME` and `spelling=` one of `seconds`, `fraction`, `millis`, `date`, \
      `zero-millis-and-seconds`, `reset-duration`, `reset-instant`, `reset-epoch-millis`, \
      `reset-seconds`, `structured`, `body`. `trouble=` is one of `server`, `overloaded`, \
      `rate-limited`, `invalid-request`; `by=` is `fin` or `rst`.

      **Connections.** The three `tls-` faults strike handshakes, of a server with \
      `FaultServer.builder().tls(script)`; elsewhere they do not strike. `refused` closes the port \
      for every client, as `FaultServer.refuse` does. `Script.storm` turns attempts away with 429.

      **Invisible** are `duplicate-event`, `drop-event` and `swap-events`: most protocols neither \
      count their events nor repeat their text. OpenAI Responses does both, so there a client can \
      detect them, and Holdfast ends the answer as `protocol-violation`. Elsewhere only a \
      comparison with a second answer shows them.

      **Protocols.** `POST` to `/v1/chat/completions`, `/v1/responses`, `/v1/messages`, \
      `/v1beta/models/{model}:streamGenerateContent` with `?alt=sse` or without (one JSON array, \
      whose brackets count as events), and `/api/chat`. Each is also served below another path. Where \
      the finish reason and the end are one event (Responses, Ollama), `finish` and `done` are the same.

      **Cause** is what a correct client must name for the attempt. The fault must strike before the \
      proof of completion and outlast the client's clocks and limits. A client may name another clock \
      that is shorter, and `limit-exceeded` for what passed a limit of its own. For causes see \
      `docs/causes.md`. **Remedy** is whether the answer can be had all the same: *not needed* \
      (this very reply is enough), *recover* (another attempt), *none*, or *invisible* (the wire \
      does not show it, so no client can know).

      | fault, with its defaults | on the wire | cause | remedy |
      |---|---|---|---|
      """;

  private static final String BEHAVIOURS =
      """

      # Behaviours

      What the model does when it is asked to continue: the `continuation` of a scenario, or the header
      `X-Holdfast-Continuation`.

      | behaviour | when asked by prefill | when asked by an anchor turn |
      |---|---|---|
      | `exact` | continues where the partial ends | repeats the anchor, then continues |
      | `overlap:12` | repeats 12 characters first | repeats 12 characters more than the anchor |
      | `restart` | starts the answer again | starts the answer again |
      | `preamble:0` | talks to the user first (0 to 4) | talks to the user, then as asked |
      | `other-text` | writes about something else | writes about something else |
      | `no-anchor` | continues where the partial ends | continues without repeating the anchor |
      | `refuse-prefill` | HTTP 400 | repeats the anchor, then continues |
      | `refuse-all` | HTTP 400 | HTTP 400 |
      | `drift` | HTTP 400 | HTTP 400; asked anew, it writes something else from some word on |
      | `stop-at-anchor` | writes nothing | repeats the anchor and stops |
      | `anchor-twice:0` | continues where the partial ends | repeats the anchor twice (0 to 19: bare, on lines, quoted first or second, with signs or words between), then continues |
      | `quoted-anchor:0` | continues where the partial ends | puts the anchor in marks (0 to 22), then continues |
      | `ellipses:0` | continues where the partial ends | puts an ellipsis or dash before and after the anchor (0 to 13), then continues |
      | `talk-after:0` | continues where the partial ends | repeats the anchor, then talks about its answer (0 to 32) |
      """;

  private static final String EXAMPLE =
      """
      {
        "seed": 42,
        "answer": {
          "text": "The tide turns twice a day.",
          "reasoning": "A question about tides.",
          "tools": [{"id": "call_1", "name": "tide_table", "arguments": "{\\"port\\":\\"Brest\\"}"}]
        },
        "continuation": "overlap:12",
        "pace": "20ms",
        "attempts": [
          "cut-fin@token=2",
          ["malformed-json@token=1", "slices@max=9"],
          "status@code=429,retry-after=250ms,spelling=millis"
        ]
      }
      """;

  private static final String SCENARIOS =
      """

      # Scenario files

      YAML or JSON; every key may be left out. [scenarios.md](scenarios.md) has the rest: phases, \
      chances, rules for some requests, the builder in Java, JUnit. `answer` is a text, or an object with \
      `text`. For a text drawn from the seed, the object has `style` (one of STYLES) and `words`. \
      `refusal` is the model's text when it declines. `pace` is the time between \
      events. `attempts` gives the first request of every stream its faults, then the second, and \
      so on; later ones have none. Requests whose first user message is the same are one stream, \
      unless the header `X-Holdfast-Stream` names it.

      ```json
      """;

  private static String page() {
    var page = new StringBuilder(INTRODUCTION.replace("REGENERATE", REGENERATE));
    for (Fault fault : Fault.examples()) {
      page.append("| `")
          .append(fault.spec())
          .append("` | ")
          .append(fault.summary())
          .append(" | ")
          .append(perProtocol(protocol -> cause(fault, protocol)))
          .append(" | ")
          .append(perProtocol(protocol -> remedy(fault, protocol)))
          .append(" |\n");
    }
    return page.append(BEHAVIOURS)
        .append(SCENARIOS.replace("STYLES", AnswerStyle.ids()))
        .append(EXAMPLE)
        .append("```\n")
        .toString();
  }

  /** What most protocols have, and then those that differ. */
  private static String perProtocol(Function<Protocol, String> what) {
    var byValue = new LinkedHashMap<String, List<String>>();
    for (Protocol protocol : Protocol.values()) {
      byValue.computeIfAbsent(what.apply(protocol), it -> new ArrayList<>()).add(protocol.id());
    }
    String most =
        byValue.entrySet().stream()
            .max(Comparator.comparingInt(entry -> entry.getValue().size()))
            .orElseThrow()
            .getKey();
    var text = new StringBuilder(most);
    byValue.forEach((value, protocols) -> {
      if (!value.equals(most)) {
        text.append("; ").append(String.join(", ", protocols)).append(": ").append(value);
      }
    });
    return text.toString();
  }

  private static String cause(Fault fault, Protocol protocol) {
    if (!fault.appliesTo(protocol)) {
      return "does not exist";
    }
    @Nullable Cause cause = fault.cause(protocol);
    return cause == null ? "none" : "`" + cause.id() + "`";
  }

  private static String remedy(Fault fault, Protocol protocol) {
    if (!fault.appliesTo(protocol)) {
      return "does not exist";
    }
    return switch (fault.remedy(protocol)) {
      case NOT_NEEDED -> "not needed";
      case RECOVER -> "recover";
      case NONE -> "none";
      case INVISIBLE -> "invisible";
    };
  }

  @Test
  void thePageHasWhatTheTypeHas() throws IOException {
    Path file = Path.of(System.getProperty("holdfast.root", ".."), "docs", "faults.md");
    if (Boolean.getBoolean("holdfast.regenerate")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, page());
    }

    assertThat(file).as("regenerate with: %s", REGENERATE).exists();
    assertThat(Files.readString(file)).as("regenerate with: %s", REGENERATE).isEqualTo(page());
  }

  @Test
  void theExampleIsAScenario() {
    Scenario scenario = new ScenarioReader("example").read(EXAMPLE);

    assertThat(scenario.continuation()).isEqualTo(new Continuation.Overlap(12));
    assertThat(scenario.script().faults("s", 2)).hasSize(3);
    assertThat(scenario.answer().tools()).hasSize(1);
  }

  @Test
  void everyBehaviourIsOnThePage() {
    var all = Stream.concat(Continuation.examples().stream(), Continuation.lookalikes().stream());
    for (Continuation behaviour : all.toList()) {
      assertThat(BEHAVIOURS).contains("| `" + behaviour.spec() + "` |");
      assertThat(Continuation.parse(behaviour.spec())).isEqualTo(behaviour);
    }
  }
}
