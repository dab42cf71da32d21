package dev.holdfast.blackbox.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.debug.Culprit;
import dev.holdfast.observe.debug.DebugLimits;
import dev.holdfast.observe.debug.DebugReport;
import dev.holdfast.observe.debug.DebugRequest;
import dev.holdfast.observe.debug.Finding;
import dev.holdfast.observe.debug.HeaderLine;
import dev.holdfast.observe.debug.StreamDebugger;
import dev.holdfast.testkit.Fault;
import dev.holdfast.testkit.FaultServer;
import dev.holdfast.testkit.Position;
import dev.holdfast.testkit.Protocol;
import dev.holdfast.testkit.ReceivedRequest;
import dev.holdfast.testkit.RetryAfter;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the debugger says of each fault of the fault server, in each protocol. The whole answer is
 * one committed table, so that a change of a rule is a change of that table.
 */
@Timeout(180)
class DiagnosisTableTest {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "."));
  private static final Path TABLE = ROOT.resolve("fixtures/debug/diagnoses.txt");

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofSeconds(2);

  /** Above a line's limit of 16 MiB, below what endless faults send. */
  private static final long MAX_BYTES = 20L << 20;

  private static final String FORMAT = "%-18s| %-48s| %-10s| %-20s| %-22s| %s";

  private static final Set<String> OF_TIME = Set.of("buffered", "slow-first-token", "long-silence");

  private record Row(Protocol protocol, Fault fault, DebugReport report, ReceivedRequest received) {
    private @Nullable Cause expected() {
      return received.cause();
    }

    private String line() {
      var verdict = report.verdict();
      var finding = finding();
      return String.format(
              FORMAT,
              protocol,
              fault.spec(),
              verdict == null ? "-" : verdict.name(),
              report.cause() == null ? "-" : report.cause(),
              finding == null ? "healthy" : finding.name(),
              finding == null ? Culprit.NOBODY : finding.culprit())
          .stripTrailing();
    }

    /** What is found for the fault, not for a machine that is busy with other tests. */
    private @Nullable Finding finding() {
      return Stream.concat(
              Stream.of(report.diagnosis().main()), report.diagnosis().notes().stream())
          .filter(finding -> !OF_TIME.contains(finding.name()))
          .findFirst()
          .orElse(null);
    }
  }

  @Test
  void everyFaultIsGivenItsCauseAndTheDiagnosisOfTheTable() throws Exception {
    var rows = new ArrayList<Row>();
    try (var server = FaultServer.builder().start()) {
      for (Protocol protocol : Protocol.values()) {
        var mine = faults().stream().filter(fault -> fault.appliesTo(protocol)).toList();
        // Those that wait for a clock wait together, while nothing else keeps the machine busy.
        rows.addAll(run(server, protocol, mine, true));
        rows.addAll(run(server, protocol, mine, false));
      }
    }
    assertThat(rows)
        .filteredOn(row -> !Objects.equals(row.report.cause(), named(row)))
        .extracting(row -> row.line() + "   expected " + row.expected())
        .isEmpty();
    compare(rows.stream().map(Row::line).toList());
  }

  private static List<Row> run(
      FaultServer server, Protocol protocol, List<Fault> faults, boolean waiting)
      throws InterruptedException, ExecutionException {
    try (var threads = Executors.newFixedThreadPool(8, Thread.ofVirtual().factory())) {
      var running = new ArrayList<Future<Row>>();
      for (Fault fault : faults) {
        if (waits(fault) == waiting) {
          running.add(threads.submit(() -> debug(server, protocol, fault)));
        }
      }
      var rows = new ArrayList<Row>();
      for (Future<Row> row : running) {
        rows.add(row.get());
      }
      return rows;
    }
  }

  private static boolean waits(Fault fault) {
    return fault instanceof Fault.Stall || fault instanceof Fault.KeepAlivesOnly;
  }

  /** The cause that a correct reader must name; warnings are no causes of the debugger's. */
  private static @Nullable Cause named(Row row) {
    boolean endless = row.fault instanceof Fault.EndlessStream;
    var expected = row.expected();
    return endless ? Cause.LIMIT_EXCEEDED : expected == Cause.MISSING_DONE ? null : expected;
  }

  private static void compare(List<String> actual) throws IOException {
    var lines = new ArrayList<String>();
    lines.add(
        String.format(FORMAT, "protocol", "fault", "verdict", "cause", "diagnosis", "culprit"));
    lines.addAll(actual);
    if (Boolean.getBoolean("holdfast.regenerate")) {
      Files.createDirectories(Objects.requireNonNull(TABLE.getParent()));
      Files.write(TABLE, lines);
    }
    assertThat(lines)
        .as("If the change is meant: run this test with -Dholdfast.regenerate=true")
        .isEqualTo(Files.readAllLines(TABLE));
  }

  private static Row debug(FaultServer server, Protocol protocol, Fault fault) {
    String stream = protocol + " " + fault.spec();
    var request =
        DebugRequest.of(
            uri(server, protocol),
            body(protocol),
            List.of(
                new HeaderLine("X-Holdfast-Stream", stream),
                new HeaderLine("X-Holdfast-Fault", fault.spec()),
                new HeaderLine("Authorization", "Bearer sk-0123456789")));
    var report =
        StreamDebugger.builder().limits(limits(protocol, fault)).build().debugStream(request);
    var received = server.received().stream().filter(it -> it.stream().equals(stream)).findFirst();
    return new Row(
        protocol,
        fault,
        report,
        received.orElseThrow(
            () -> new AssertionError(stream + ": not received; " + report.diagnosis())));
  }

  /** Only the clock that has to find the fault is short: a busy machine is not a fault. */
  private static DebugLimits limits(Protocol protocol, Fault fault) {
    var patient = new Timeouts(LONG, LONG, LONG, LONG, LONG.multipliedBy(2));
    var clocks =
        switch (fault.cause(protocol)) {
          case FIRST_TOKEN_TIMEOUT -> patient.withFirstToken(SHORT);
          case IDLE_TIMEOUT -> patient.withIdle(SHORT);
          case PROGRESS_TIMEOUT -> patient.withProgress(SHORT);
          case null, default -> patient;
        };
    return DebugLimits.DEFAULT.withTimeouts(clocks).withMaxBytes(MAX_BYTES);
  }

  private static URI uri(FaultServer server, Protocol protocol) {
    String root = protocol.root().isEmpty() ? "" : protocol.root() + "/";
    return URI.create(
        "http://127.0.0.1:" + server.port() + "/" + root + protocol.path().replace("{model}", "m"));
  }

  private static String body(Protocol protocol) {
    return switch (protocol) {
      case GEMINI_SSE, GEMINI_JSON_ARRAY ->
          "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Tell me.\"}]}]}";
      case OPENAI_RESPONSES -> "{\"model\":\"m\",\"stream\":true,\"input\":\"Tell me.\"}";
      default ->
          "{\"model\":\"m\",\"stream\":true,\"max_tokens\":99,"
              + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me.\"}]}";
    };
  }

  /** One of each fault, and what differs in kind from the examples. */
  private static List<Fault> faults() {
    var faults = new ArrayList<Fault>();
    Fault.examples().forEach(example -> faults.add(bounded(example)));
    faults.add(new Fault.CutFin(new Position.BeforeHead()));
    faults.add(new Fault.CutRst(new Position.BeforeHead()));
    for (Fault.Trouble trouble : Fault.Trouble.values()) {
      faults.add(new Fault.ErrorEvent(Position.token(3), trouble));
    }
    for (int code : new int[] {400, 401, 404, 408, 413, 429, 502, 503, 504, 529}) {
      faults.add(new Fault.Status(code, null));
    }
    faults.add(new Fault.Status(429, RetryAfter.millis(20)));
    faults.add(new Fault.HtmlPage(403));
    faults.add(new Fault.HtmlPage(502));
    faults.add(new Fault.Stall(Position.token(3), Duration.ofHours(1), Duration.ofMillis(50)));
    faults.add(new Fault.Stall(Position.event(0), Duration.ofHours(1), null));
    faults.add(new Fault.Slices(1));
    return faults.stream().distinct().toList();
  }

  /** Just above the limits; a gigabyte shows nothing more. */
  private static Fault bounded(Fault fault) {
    return switch (fault) {
      case Fault.EndlessLine(Position at, long bytes) -> new Fault.EndlessLine(at, 18 << 20);
      case Fault.EndlessStream(Position at, long bytes) -> new Fault.EndlessStream(at, 24 << 20);
      case Fault.HugeEvent(Position at, long bytes) -> new Fault.HugeEvent(at, 18 << 20);
      default -> fault;
    };
  }
}
