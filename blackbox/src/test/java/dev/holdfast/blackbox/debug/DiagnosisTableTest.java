package dev.holdfast.blackbox.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.debug.StreamDebugger;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.rules.Culprit;
import dev.holdfast.observe.debug.rules.Finding;
import dev.holdfast.observe.debug.wire.DebugLimits;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the debugger says of each fault of the fault server, in each protocol. The whole answer is
 * one committed table, so that a change of a rule is a change of that table.
 */
@Timeout(180)
@Tag("slow")
class DiagnosisTableTest {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "."));
  private static final Path TABLE = ROOT.resolve("fixtures/debug/diagnoses.txt");

  private static final Duration LONG = Duration.ofSeconds(30);

  /** Long enough for a busy machine between two events, short enough to wait for once. */
  private static final Duration SHORT = Duration.ofSeconds(5);

  /** Above a line's limit of 16 MiB, below what endless faults send. */
  private static final long MAX_BYTES = 20L << 20;

  private static final Answer ANSWER =
      Answer.ofText(
              "The harbour master counted the ships that had left in the morning and wrote their"
                  + " names down in a book with a blue cover \u2013 caf\u00e9 and all.")
          .withTool("call_1", "tide_table", "{\"port\":\"Brest\",\"day\":\"today\"}");

  private static final String FORMAT = "%-18s| %-48s| %-10s| %-20s| %-22s| %s";

  /** How many exchanges run at a time. */
  private static final int LANES = 8;

  /** The same for those that wait for a clock and do nothing meanwhile. */
  private static final int WAITING_LANES = 48;

  private static final Set<String> OF_TIME =
      Set.of("buffered", "short-at-once", "slow-first-token", "long-silence");

  private record Row(Protocol protocol, Fault fault, DebugReport report, @Nullable Cause expected) {
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
              finding == null ? Culprit.NONE : finding.culprit())
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
    try (var server = FaultServer.builder().answer(ANSWER).start()) {
      // Those that wait for a clock wait together, while nothing else keeps the machine busy.
      var waiting = run(server, List.of(Protocol.values()), true, WAITING_LANES);
      for (Protocol protocol : Protocol.values()) {
        rows.addAll(waiting.stream().filter(row -> row.protocol == protocol).toList());
        rows.addAll(run(server, List.of(protocol), false, LANES));
      }
    }
    rows.addAll(ofConnections());
    assertThat(rows)
        .filteredOn(row -> !Objects.equals(row.report.cause(), named(row)))
        .extracting(row -> row.line() + "   expected " + row.expected)
        .isEmpty();
    compare(rows.stream().map(Row::line).toList());
  }

  /** {@return the rows of some protocols, of faults that wait for a clock, or of the others} */
  private static List<Row> run(
      FaultServer server, List<Protocol> protocols, boolean waiting, int lanes)
      throws InterruptedException, ExecutionException {
    try (var threads = Executors.newFixedThreadPool(lanes, Thread.ofVirtual().factory())) {
      var running = new ArrayList<Future<Row>>();
      for (Protocol protocol : protocols) {
        for (Fault fault : faults()) {
          if (fault.appliesTo(protocol) && waits(fault) == waiting) {
            running.add(threads.submit(() -> debug(server, protocol, fault)));
          }
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
    return fault instanceof Fault.Stall
        || fault instanceof Fault.KeepAlivesOnly
        || fault instanceof Fault.SlowClose;
  }

  /** What strikes whole connections, or everybody: each on a server of its own. */
  private static List<Row> ofConnections() {
    var rows = new ArrayList<Row>();
    for (Fault fault : Fault.examples()) {
      if (isOfConnections(fault)) {
        var script = Script.of(fault.spec());
        var builder = FaultServer.builder().answer(ANSWER);
        boolean refused = fault instanceof Fault.Refused;
        try (var server = (refused ? builder.script(script) : builder.tls(script)).start()) {
          var factory = refused ? null : server.trusting().getSocketFactory();
          rows.add(debug(server, Protocol.OPENAI_CHAT, fault, factory));
        }
      }
    }
    return rows;
  }

  private static boolean isOfConnections(Fault fault) {
    return fault instanceof Fault.Refused
        || fault instanceof Fault.TlsUntrusted
        || fault instanceof Fault.TlsWrongHost
        || fault instanceof Fault.TlsCut;
  }

  /** The cause that a correct reader must name; warnings are no causes of the debugger's. */
  private static @Nullable Cause named(Row row) {
    return switch (row.fault) {
      case Fault.EndlessStream endless -> Cause.LIMIT_EXCEEDED;
      // A client that did not ask for it cannot read it; the debugger takes it off.
      case Fault.Gzip gzip -> null;
      default -> row.expected == Cause.MISSING_DONE ? null : row.expected;
    };
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
    return debug(server, protocol, fault, null);
  }

  private static Row debug(
      FaultServer server, Protocol protocol, Fault fault, @Nullable SSLSocketFactory tls) {
    String stream = protocol + " " + fault.spec();
    var headers = new ArrayList<HeaderLine>();
    headers.add(new HeaderLine("X-Holdfast-Stream", stream));
    headers.add(new HeaderLine("Authorization", "Bearer sk-0123456789"));
    if (tls == null) {
      headers.add(new HeaderLine("X-Holdfast-Fault", fault.spec()));
    }
    var builder = StreamDebugger.builder().limits(limits(protocol, fault));
    var debugger = (tls == null ? builder : builder.tls(tls)).build();
    var report =
        debugger.debugStream(
            DebugRequest.of(uri(server, protocol, tls != null), body(protocol), headers));
    // A connection that fails in its handshake brings no request, and its cause is the fault's own.
    var cause =
        server.received().stream()
            .filter(it -> it.stream().equals(stream))
            .findFirst()
            .map(received -> Optional.ofNullable(received.cause()))
            .orElse(Optional.ofNullable(fault.cause(protocol)));
    return new Row(protocol, fault, report, cause.orElse(null));
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
    return DebugLimits.DEFAULT.withTimeouts(clocks).withMaxBytes(MAX_BYTES).withLinger(SHORT);
  }

  private static URI uri(FaultServer server, Protocol protocol, boolean secure) {
    String root = protocol.root().isEmpty() ? "" : protocol.root() + "/";
    return URI.create(
        (secure ? "https" : "http")
            + "://127.0.0.1:"
            + server.port()
            + "/"
            + root
            + protocol.path().replace("{model}", "m"));
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
    Fault.examples().stream()
        .filter(fault -> !isOfConnections(fault))
        .forEach(fault -> faults.add(bounded(fault)));
    faults.add(new Fault.CutFin(new Position.BeforeHead()));
    faults.add(new Fault.CutRst(new Position.BeforeHead()));
    for (Fault.Trouble trouble : Fault.Trouble.values()) {
      faults.add(new Fault.ErrorEvent(Position.token(3), trouble));
    }
    for (int code : new int[] {400, 401, 404, 408, 413, 429, 502, 503, 504, 529}) {
      faults.add(new Fault.Status(code, null));
    }
    faults.add(new Fault.Status(429, RetryAfterHeader.millis(20)));
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
      case Fault.TinyEvents(Position at, int events) -> new Fault.TinyEvents(at, 10_000);
      case Fault.Trickle(int bytes, Duration every) -> new Fault.Trickle(64, every);
      default -> fault;
    };
  }
}
