package dev.holdfast.testkit.server;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.link.FaultyLink;
import dev.holdfast.testkit.link.Transmission;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.model.ScriptedModel;
import dev.holdfast.testkit.model.Target;
import dev.holdfast.testkit.model.TokenDesk;
import dev.holdfast.testkit.scenario.ParsedRequest;
import dev.holdfast.testkit.scenario.Rulebook;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.scenario.ScenarioRule;
import dev.holdfast.testkit.server.ReceivedRequest.Ending;
import dev.holdfast.testkit.wire.WireTemplates;
import dev.holdfast.testkit.wire.WireTemplates.ErrorKind;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Decides what each request gets and keeps the record. Thread-safe. */
final class ExchangeHandler {
  /** What headers of a request may ask for, over the script. */
  static final String STREAM_HEADER = "x-holdfast-stream";

  static final String FAULT_HEADER = "x-holdfast-fault";
  static final String CONTINUATION_HEADER = "x-holdfast-continuation";

  private static final int MAX_RECORDED = 10_000;
  private static final long MAX_RECORDED_CHARS = 64 << 20;

  private final Function<String, Answer> answers;
  private final Scenario scenario;
  private final Rulebook rulebook;
  private final ServerTime time;
  private final @Nullable AllowedHosts allowedHosts;
  private final Consumer<ReceivedRequest> listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Integer> attempts = new HashMap<>();
  private final KeptReplies keptReplies;
  private final ArrayDeque<ServedExchange> recorded = new ArrayDeque<>();
  private long recordedChars;

  /** Under which name the last reply was kept; empty if it was not. */
  private String lastKept = "";

  private int requests;
  private int open;

  /** How many of them each stream has. */
  private final Map<String, Integer> openOfStream = new HashMap<>();

  /** Exchanges that have ended, whose report to the listener is under way. */
  private int writing;

  ExchangeHandler(
      Function<String, Answer> answers,
      Scenario scenario,
      ServerTime time,
      @Nullable AllowedHosts allowedHosts,
      KeptAddress keptAddress,
      Consumer<ReceivedRequest> listener) {
    this.answers = answers;
    this.scenario = scenario;
    this.rulebook = new Rulebook(scenario);
    this.time = time;
    this.allowedHosts = allowedHosts;
    this.keptReplies = new KeptReplies(keptAddress);
    this.listener = listener;
  }

  /** An exchange that begins, and what is to be sent. */
  record Opened(ServedExchange exchange, Transmission transmission) {}

  /** {@return the exchange that answers a request} */
  Opened open(HttpRequest request) {
    ParsedRequest inquiry = ParsedRequest.of(request);
    lock.lock();
    try {
      Reply refusal = foreign(inquiry);
      Reply stop = refusal == null ? keptReplies.stopped(request) : null;
      Reply aside = refusal == null ? stop : refusal;
      var kept = aside == null ? keptReplies.asked(request) : null;
      String asked = request.header(STREAM_HEADER);
      String named = asked.isEmpty() ? inquiry.protocol().id() + " " + inquiry.prompt() : asked;
      // Neither a foreign page's request nor a stop takes an attempt of a stream.
      String stream =
          refusal != null
              ? "(refused)"
              : stop != null ? "(stopped)" : kept == null ? named : kept.stream();
      int attempt = attempts.merge(stream, 1, Integer::sum);
      long now = time.nowNanos();
      Transmission transmission;
      String generation = kept == null ? "" : kept.name();
      if (aside != null) {
        var link = new FaultyLink(inquiry.protocol(), Script.mix(scenario.seed(), stream, attempt));
        transmission = link.carry(aside, List.of(), now, System.currentTimeMillis());
      } else if (kept == null && !inquiry.tokens()) {
        transmission = transmission(inquiry, stream, attempt, now);
        generation = lastKept;
      } else {
        transmission = further(kept, inquiry, stream, attempt, now);
      }
      var exchange =
          new ServedExchange(++requests, request, stream, generation, attempt, transmission, now);
      changed.signalAll(); // A generation may have begun, or been stopped.
      recorded.add(exchange);
      recordedChars += exchange.size();
      while (recorded.size() > MAX_RECORDED
          || (recordedChars > MAX_RECORDED_CHARS && recorded.size() > 1)) {
        recordedChars -= recorded.removeFirst().size();
      }
      open++;
      openOfStream.merge(stream, 1, Integer::sum);
      return new Opened(exchange, transmission);
    } finally {
      lock.unlock();
    }
  }

  private Transmission transmission(
      ParsedRequest inquiry, String stream, int attempt, long nowNanos) {
    lastKept = "";
    Protocol protocol = inquiry.protocol();
    Target target = inquiry.target();
    HttpRequest request = inquiry.request();
    var link = new FaultyLink(protocol, Script.mix(scenario.seed(), stream, attempt));
    long epochMillis = System.currentTimeMillis();
    Reply refusal = target == null ? Catalogue.reply(inquiry) : refusal(inquiry);
    if (refusal != null || target == null) {
      Reply nothing = error(protocol, 404, "There is nothing at this path.");
      Reply reply = refusal == null ? nothing : refusal;
      return link.carry(reply, List.of(), nowNanos, epochMillis);
    }
    try {
      ScenarioRule rule = rulebook.choose(inquiry);
      Scenario chosen = rule == null ? scenario : rule.then();
      String behaviour = request.header(CONTINUATION_HEADER);
      var model =
          new ScriptedModel(
              protocol,
              answer(rule, inquiry.prompt()),
              behaviour.isEmpty() ? chosen.continuation() : Continuation.parse(behaviour),
              Script.mix(scenario.seed(), stream, 0));
      String specs = request.header(FAULT_HEADER);
      List<Fault> faults =
          specs.isEmpty()
              ? chosen.script().faults(stream, attempt, time.uptime(nowNanos))
              : Fault.parseAll(specs);
      Reply reply = model.reply(inquiry.body(), inquiry.conversation(), target, attempt);
      lastKept = isAnswered(faults) ? keptReplies.keep(inquiry, stream, reply) : "";
      return link.carry(reply, faults, nowNanos, epochMillis);
    } catch (IllegalArgumentException e) {
      Reply bad = error(protocol, 400, String.valueOf(e.getMessage()));
      return link.carry(bad, List.of(), nowNanos, epochMillis);
    }
  }

  /** Whether the model is asked at all: an error in place of a reply leaves nothing to keep. */
  private static boolean isAnswered(List<Fault> faults) {
    return faults.stream()
        .noneMatch(fault ->
            fault instanceof Fault.Status
                || fault instanceof Fault.HtmlPage
                || fault instanceof Fault.Refused);
  }

  /** The response to requests that resume a reply, or continue from tokens. */
  private Transmission further(
      KeptReplies.@Nullable Kept kept,
      ParsedRequest inquiry,
      String stream,
      int attempt,
      long nowNanos) {
    HttpRequest request = inquiry.request();
    Protocol protocol = kept == null ? Protocol.OPENAI_CHAT : kept.protocol();
    var link = new FaultyLink(protocol, Script.mix(scenario.seed(), stream, attempt));
    ScenarioRule rule = rulebook.choose(inquiry);
    Scenario chosen = rule == null ? scenario : rule.then();
    List<Fault> faults = chosen.script().faults(stream, attempt, time.uptime(nowNanos));
    if (kept != null) {
      Reply rest = KeptReplies.rest(kept, request);
      return link.carryRest(kept.reply(), rest, faults, nowNanos, System.currentTimeMillis());
    }
    var model =
        new ScriptedModel(
            protocol,
            answer(rule, TokenDesk.asked(request).prompt()),
            chosen.continuation(),
            Script.mix(scenario.seed(), stream, 0));
    Reply reply =
        TokenDesk.isTokenize(request)
            ? ScriptedModel.tokens(request.body())
            : model.completion(request.body(), attempt);
    return link.carry(reply, faults, nowNanos, System.currentTimeMillis());
  }

  /** A rule's answer, or else this prompt's. */
  private Answer answer(@Nullable ScenarioRule rule, String prompt) {
    return rule == null ? answers.apply(prompt) : rule.then().answer();
  }

  private @Nullable Reply refusal(ParsedRequest inquiry) {
    return inquiry.target() == null || inquiry.request().method().equals("POST")
        ? null
        : error(inquiry.protocol(), 405, "method: must be POST");
  }

  /** {@return the response to a request that a foreign web page may have sent, or null} */
  private @Nullable Reply foreign(ParsedRequest inquiry) {
    HttpRequest request = inquiry.request();
    String complaint =
        allowedHosts == null ? null : allowedHosts.complaint(request.path(), request.headers());
    return complaint == null ? null : error(inquiry.protocol(), 421, complaint);
  }

  private static Reply error(Protocol protocol, int status, String message) {
    String document =
        WireTemplates.of(protocol).errorDocument(ErrorKind.INVALID_REQUEST, status, message);
    return Reply.document(status, document);
  }

  /**
   * Records the end of an exchange, and calls the listener. Only the first one counts: a client may
   * close the connection while it is being cut, and then both sides report an end.
   */
  void close(ServedExchange exchange, Ending ending, long atNanos) {
    lock.lock();
    try {
      if (!exchange.isOpen()) {
        return;
      }
      exchange.ended(ending, atNanos);
      keptReplies.finished(exchange.finishes());
      open--;
      openOfStream.computeIfPresent(exchange.stream(), (name, all) -> all == 1 ? null : all - 1);
      writing++;
    } finally {
      lock.unlock();
    }
    try {
      listener.accept(exchange.snapshot());
    } finally {
      markReported();
    }
  }

  private void markReported() {
    lock.lock();
    try {
      writing--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int underWay() {
    lock.lock();
    try {
      return open;
    } finally {
      lock.unlock();
    }
  }

  /** {@return how many kept replies are being written} */
  int generations() {
    lock.lock();
    try {
      return keptReplies.running();
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether so many kept replies were being written at one moment within the time} */
  boolean awaitGenerations(int count, long timeoutNanos) throws InterruptedException {
    long left = timeoutNanos;
    lock.lockInterruptibly();
    try {
      while (keptReplies.running() != count) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Loses all kept replies. */
  void forgetGenerations() {
    lock.lock();
    try {
      keptReplies.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int streamsUnderWay() {
    lock.lock();
    try {
      return openOfStream.size();
    } finally {
      lock.unlock();
    }
  }

  List<ReceivedRequest> received() {
    lock.lock();
    try {
      return recorded.stream().map(ServedExchange::snapshot).toList();
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@return whether at least {@code count} requests came and all have ended within the time} By
   * then the listener has received each of them.
   */
  boolean awaitEnded(int count, long timeoutNanos) throws InterruptedException {
    long left = timeoutNanos;
    lock.lockInterruptibly();
    try {
      while (requests < count || open + writing > 0) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
