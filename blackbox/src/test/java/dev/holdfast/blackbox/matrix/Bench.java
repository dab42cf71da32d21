package dev.holdfast.blackbox.matrix;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One fault server and one client's transport for all cells of a matrix. */
final class Bench implements AutoCloseable {
  /** Ordinary prose, so that every place in it is unlike any other. */
  static final Answer ANSWER =
      Answer.ofText(
          """
          The harbour master counted the ships that had left in the morning and wrote their names \
          down, one under the other, in a book with a blue cover. When the storm had passed she \
          counted again. Two were missing, and by nightfall both had been towed home, whole, with \
          every crate where it belonged. That, she said, is what a harbour is for \u2013 caf\u00e9 \
          and all.\
          """);

  static final String TOOL_PROMPT = "Count the crates.";

  /** The text again, and a call of a tool whose arguments come in several pieces. */
  static final Answer WITH_TOOL =
      ANSWER.withTool("call_1", "count", "{\"what\":\"crates\",\"where\":\"on the quay\"}");

  static final String TOOLS_PROMPT = "Count the crates and the ships.";

  /** Two calls, so that one can be taken for the other. */
  static final Answer WITH_TOOLS =
      WITH_TOOL.withTool("call_2", "count", "{\"what\":\"ships\",\"where\":\"at sea\"}");

  /** How many cells run at a time. */
  private static final int LANES = 12;

  /** The same for cells that wait for a clock and do nothing meanwhile. */
  private static final int WAITING_LANES = 48;

  /** How long the server may take to notice that a client has gone. */
  private static final long PATIENCE_SECONDS = 60;

  private final Map<String, List<Fault>> faults = new ConcurrentHashMap<>();
  private final Map<String, BlockingQueue<ReceivedRequest>> ended = new ConcurrentHashMap<>();

  /** Shared, so that an exchange which ends badly can be seen to hurt the next one. */
  private final Transport transport;

  private final FaultServer server;

  Bench() {
    this(Sending.JDK);
  }

  Bench(Sending sending) {
    transport = sending.open();
    Script script =
        (stream, attempt) -> attempt == 1 ? faults.getOrDefault(stream, List.of()) : List.of();
    server =
        FaultServer.builder()
            .answers(Bench::answer)
            .script(script)
            .listener(request -> of(request.stream()).add(request))
            .start();
  }

  static Answer answer(String prompt) {
    return switch (prompt) {
      case TOOL_PROMPT -> WITH_TOOL;
      case TOOLS_PROMPT -> WITH_TOOLS;
      default -> ANSWER;
    };
  }

  private BlockingQueue<ReceivedRequest> of(String stream) {
    return ended.computeIfAbsent(stream, name -> new LinkedBlockingQueue<>());
  }

  /** {@return how each cell went: those that wait first, else in the order of the cells} */
  List<Observed> runAll(List<Cell> cells) throws InterruptedException, ExecutionException {
    var all = new ArrayList<Observed>();
    all.addAll(run(cells.stream().filter(FaultCells::waits).toList(), WAITING_LANES));
    all.addAll(run(cells.stream().filter(cell -> !FaultCells.waits(cell)).toList(), LANES));
    return all;
  }

  private List<Observed> run(List<Cell> cells, int lanes)
      throws InterruptedException, ExecutionException {
    try (var threads =
        Executors.newFixedThreadPool(lanes, Thread.ofVirtual().name("cell-", 0).factory())) {
      var running = new ArrayList<Future<Observed>>();
      for (Cell cell : cells) {
        running.add(threads.submit(() -> run(cell)));
      }
      var all = new ArrayList<Observed>();
      for (Future<Observed> one : running) {
        all.add(one.get());
      }
      return all;
    }
  }

  private Observed run(Cell cell) throws InterruptedException {
    faults.put(cell.id(), List.of(cell.fault()));
    // A client of its own: what one cell learns about a model must not help another.
    try (var holdfast = client(cell);
        var stream = holdfast.stream(cell.lane().request(cell.prompt()))) {
      var events = new ArrayList<StreamEvent>();
      stream.forEach(events::add);
      Outcome outcome = stream.outcome();
      boolean endedOnce = stream.next().isEmpty() && stream.outcome() == outcome;
      return new Observed(
          cell, events, outcome, endedOnce, received(cell.id(), outcome.attempts().size()));
    }
  }

  /** {@return what the server got, as far as it has ended, which may be a moment later} */
  private List<ReceivedRequest> received(String stream, int attempts) throws InterruptedException {
    var all = new ArrayList<ReceivedRequest>();
    for (int i = 0; i < attempts; i++) {
      ReceivedRequest one = of(stream).poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (one != null) {
        all.add(one);
      }
    }
    of(stream).drainTo(all);
    all.sort(Comparator.comparingInt(ReceivedRequest::attempt));
    return all;
  }

  /** {@return what this server's model writes when it writes about something else} */
  String otherText() {
    Lane lane = Lane.CLAUDE_PREFILL;
    var upstream = upstream("other-text", lane, new Continuation.OtherText());
    try (var holdfast = Holdfast.builder().upstream(upstream).transport(transport).build();
        var stream =
            holdfast.stream(
                ChatRequest.to(lane.model()).user("Describe it.").assistant("Once").build())) {
      return stream.text();
    }
  }

  private Holdfast client(Cell cell) {
    Upstream upstream = upstream(cell.id(), cell.lane(), cell.continuation());
    var capability = cell.lane().capability();
    return Holdfast.builder()
        .upstream(capability == null ? upstream : upstream.withCapability(capability))
        .transport(transport)
        .policy(cell.policy())
        .build();
  }

  private Upstream upstream(String stream, Lane lane, Continuation continuation) {
    return Upstream.of(lane.protocol().id(), server.baseUrl(lane.protocol()).toString(), "key")
        .withHeader("X-Holdfast-Stream", stream)
        .withHeader("X-Holdfast-Continuation", continuation.spec());
  }

  @Override
  public void close() {
    transport.close();
    server.close();
  }
}
