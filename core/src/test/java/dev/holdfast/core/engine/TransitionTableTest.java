package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Every phase and every signal in one table. A change of behaviour shows as a changed line; write
 * the new table with {@code -Dholdfast.fixtures.write=true} and review the difference.
 */
class TransitionTableTest {
  private static final String TEXT =
      "text Once upon a time there was a stream that broke in the middle of";

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final StreamPolicy HEDGING =
      StreamPolicy.DEFAULT.withFailover(FailoverPolicy.DEFAULT.withHedgeAfter(PATIENCE));

  /** How each phase is reached. */
  private static final Map<String, Supplier<Driven>> PHASES = new LinkedHashMap<>();

  static {
    PHASES.put(
        "Idle",
        () -> new Driven(StreamPolicy.DEFAULT, Driven.PREFILL_THEN_ANCHOR, ScriptDialect.PLAIN));
    PHASES.put("Opening", Driven::begun);
    PHASES.put("Rejecting[429]", () -> Driven.begun().head(429));
    PHASES.put("Streaming[nothing delivered]", () -> Driven.begun().head(200));
    PHASES.put("Streaming[text delivered]", () -> Driven.begun().head(200).lines(TEXT));
    PHASES.put("Streaming[reasoning delivered]", () -> Driven.begun().head(200).lines("think hm"));
    PHASES.put("Streaming[proven]", () -> Driven.begun().head(200).lines(TEXT).lines("finish"));
    PHASES.put("Opening[continuation]", () -> Driven.begun().head(200).lines(TEXT).end());
    PHASES.put("Preparing", () -> ofTokens().head(200));
    PHASES.put("Preparing[tokens come]", () -> ofTokens().head(200).lines("1 2 3"));
    PHASES.put("Joining[prefill]", () -> Driven.begun().head(200).lines(TEXT).end().head(200));
    PHASES.put(
        "Streaming[after a seam]",
        () ->
            Driven.begun()
                .head(200)
                .lines(TEXT)
                .end()
                .head(200)
                .lines("text  in the middle of the night")
                .lines("text  and then"));
    PHASES.put("Waiting", () -> Driven.begun().end());
    PHASES.put("Opening[hedged]", () -> Driven.begun(HEDGING).pass(PATIENCE));
    PHASES.put("Streaming[hedged]", () -> Driven.begun(HEDGING).pass(PATIENCE).head(200));
    PHASES.put("Closed", () -> Driven.begun().head(200).lines("finish", "done"));
  }

  /** A stream that was cut and asks for token ids. */
  private static Driven ofTokens() {
    var capability = new Capability(List.of(Rung.TOKEN_IDS, Rung.ANCHOR), Prefill.PLAIN);
    var driven = new Driven(StreamPolicy.DEFAULT, capability, ScriptDialect.PLAIN);
    driven.signal(new Signal.Begin());
    return driven.head(200).lines(TEXT).end();
  }

  /** The signals, those of a body by what its frame says. */
  private static final Map<String, Function<Driven, Signal>> SIGNALS = new LinkedHashMap<>();

  static {
    SIGNALS.put("Begin", d -> new Signal.Begin());
    SIGNALS.put("HeadersArrived 200", d -> head(d, 200));
    SIGNALS.put("HeadersArrived 400", d -> head(d, 400));
    SIGNALS.put("HeadersArrived 503", d -> head(d, 503));
    for (String line :
        List.of(
            "text  in the middle of it",
            "think hm",
            "refuse no",
            "tool {}",
            "ping",
            "finish",
            "done",
            "overload",
            "error",
            "garbage")) {
      SIGNALS.put("BytesArrived " + line.strip(), d -> bytes(d, line));
    }
    SIGNALS.put("EndOfBody", d -> new Signal.EndOfBody(d.attempt));
    SIGNALS.put(
        "Failed",
        d -> new Signal.Failed(d.attempt, Failure.retryable(Cause.CONNECTION_LOST, "reset")));
    SIGNALS.put("Failed of an earlier attempt", d -> new Signal.EndOfBody(d.attempt - 1));
    SIGNALS.put("TimerFired", d -> new Signal.TimerFired());
    SIGNALS.put("Paused", d -> new Signal.Paused());
    SIGNALS.put("Demand", d -> new Signal.Demand());
    SIGNALS.put("Cancelled", d -> new Signal.Cancelled());
  }

  private static Signal head(Driven driven, int status) {
    return new Signal.HeadersArrived(driven.attempt, new ResponseHead(status, Map.of()), 0);
  }

  private static Signal bytes(Driven driven, String line) {
    return new Signal.BytesArrived(
        driven.attempt, ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void everyPhaseAndSignalStandsInTheCommittedTable() throws IOException {
    var table = new StringBuilder();
    PHASES.forEach((phase, reach) ->
        SIGNALS.forEach((name, signal) ->
            table.append(
                "%-31s %-34s -> %s%n".formatted(phase, name, transition(reach.get(), signal)))));
    var file =
        Path.of(System.getProperty("holdfast.root", ".."), "fixtures/engine/transitions.txt");
    if (Boolean.getBoolean("holdfast.fixtures.write")) {
      Files.writeString(file, table);
    }
    assertThat(table.toString().lines()).containsExactlyElementsOf(Files.readAllLines(file));
  }

  private static String transition(Driven driven, Function<Driven, Signal> signal) {
    driven.pass(Duration.ofMillis(1));
    List<Action> actions;
    try {
      actions = driven.signal(signal.apply(driven));
    } catch (IllegalStateException e) {
      return "illegal";
    }
    return driven.machine.phase().getClass().getSimpleName()
        + actions.stream().map(TransitionTableTest::name).collect(Collectors.toList());
  }

  private static String name(Action action) {
    return switch (action) {
      case Action.OpenAttempt open -> "Open " + open.attempt();
      case Action.CloseAttempt close -> "Close " + close.attempt();
      case Action.Deliver(var event) -> event.getClass().getSimpleName();
      case Action.SetTimer set -> "SetTimer";
      case Action.ReportHealth(int upstream, var sign) ->
          "Score " + sign.getClass().getSimpleName();
      case Action.DisableRung(int upstream, var rung) -> "Forget " + rung;
      case Action.Remember(int upstream, var address) -> "Remember " + address;
      case Action.StopGeneration stop -> "Stop " + stop.calls().size();
      case Action.Finish(var ending) ->
          "FINISH "
              + ending.verdict().name()
              + ending.failure().map(failure -> " " + failure.cause()).orElse("")
              + ending.stoppedBy().map(cause -> " stopped by " + cause).orElse("");
    };
  }
}
