package dev.holdfast.cli.demo;

import dev.holdfast.cli.stream.Meter;
import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.proxy.Cut;
import dev.holdfast.testkit.proxy.CutPlan;
import dev.holdfast.testkit.proxy.CuttingProxy;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * The demo on a server of the user's own. It asks twice: once uncut, and once through a proxy that
 * cuts the connection in mid-answer. What becomes of the second answer is compared with the first.
 */
final class EngineDemo {
  /** A question whose answer is long enough to be cut. */
  static final String PROMPT =
      "Describe in about 150 words how a lighthouse keeper spent a stormy night.";

  /** Enough for the answer, and little enough not to wait long. */
  private static final int MAX_TOKENS = 240;

  /** How long the proxy may take to record an answer that the client has read. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Shorter answers prove nothing: a seam needs evidence before it and text after it. */
  private static final int MIN_CHARACTERS = 120;

  private final Terminal terminal;
  private final EngineTarget target;
  private final long seed;
  private final boolean json;

  EngineDemo(Terminal terminal, EngineTarget target, long seed, boolean json) {
    this.terminal = terminal;
    this.target = target;
    this.seed = seed;
    this.json = json;
  }

  /** {@return the exit code} */
  int run(String prompt) throws InterruptedException {
    if (prompt.isBlank()) {
      throw BadInputException.of("--prompt", "must not be blank", "'" + prompt.strip() + "'");
    }
    var request =
        ChatRequest.to(target.model()).user(prompt).temperature(0).maxTokens(MAX_TOKENS).build();
    var view = new EngineView(terminal, target, json, redactor(prompt));
    view.open(seed);
    try (var proxy = CuttingProxy.to(target.url())) {
      var whole = proxy.plan();
      var counter = new PieceCounter();
      Outcome uncut = ask(request, whole.baseUrl(), counter);
      if (!uncut.isComplete() || !whole.awaitEnded(uncut.attempts().size(), PATIENCE)) {
        view.notAnswered(uncut);
        return Exit.INCOMPLETE;
      }
      if (uncut.text().length() < MIN_CHARACTERS) {
        view.tooShort(uncut.text().length());
        return Exit.INCOMPLETE;
      }
      var plan = proxy.plan(cut(whole, counter.pieces()));
      view.uncut(uncut);
      var meter = new Meter(System::nanoTime);
      Outcome outcome =
          ask(
              request,
              plan.baseUrl(),
              event -> {
                meter.saw(event);
                view.show(event);
              });
      var unused = plan.awaitEnded(outcome.attempts().size(), PATIENCE);
      var result = new EngineResult(outcome, outcome.text(), uncut.text(), meter, plan.exchanges());
      view.close(result);
      return outcome.isComplete() && result.cut() != null ? Exit.OK : Exit.INCOMPLETE;
    } catch (IOException e) {
      throw BadInputException.of(
          "holdfast", "must be able to listen on 127.0.0.1", BoundedInput.reason(e));
    }
  }

  private Redactor redactor(String prompt) {
    return terminal.redactor().withTexts(List.of(prompt));
  }

  /** Somewhere in the middle of the text, by the seed; in one of two ways. */
  private Cut cut(CutPlan whole, int pieces) {
    var random = new SplittableRandom(seed);
    double part = 0.4 + 0.3 * random.nextDouble();
    var end = random.nextBoolean() ? Cut.End.FIN : Cut.End.RST;
    var answer = whole.exchanges().getLast();
    // What is no text comes before it, as reasoning does, except the last few events.
    int events = answer.events() - (int) Math.round(pieces * (1 - part));
    return pieces < 8
        ? Cut.atByte((long) (answer.bytes() * part), end)
        : Cut.after(Math.max(1, events), end);
  }

  private Outcome ask(ChatRequest request, URI url, Consumer<StreamEvent> consumer)
      throws InterruptedException {
    try (var holdfast = Holdfast.builder().upstream(upstream(url)).build();
        var stream = holdfast.stream(request)) {
      return Terminal.abortable(stream::abort, () -> follow(stream, consumer));
    }
  }

  private static Outcome follow(CompletionStream stream, Consumer<StreamEvent> consumer) {
    for (StreamEvent event : stream) {
      consumer.accept(event);
    }
    return stream.outcome();
  }

  /** Behind the proxy the host is another one, by which hosted providers are known. */
  private Upstream upstream(URI url) {
    var upstream = Upstream.of(target.protocol(), url.toString(), target.key());
    if (target.local()) {
      return upstream;
    }
    var profile = Profiles.DEFAULT.find(target.protocol(), target.url().getHost(), target.model());
    return upstream.withCapability(profile.capability());
  }

  /** Counts the pieces of text. */
  private static final class PieceCounter implements Consumer<StreamEvent> {
    private int pieces;

    @Override
    public void accept(StreamEvent event) {
      if (event instanceof StreamEvent.TextDelta) {
        pieces++;
      }
    }

    int pieces() {
      return pieces;
    }
  }
}
