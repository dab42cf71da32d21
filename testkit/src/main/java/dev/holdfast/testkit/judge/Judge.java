package dev.holdfast.testkit.judge;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.fault.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a client through every case of the trial, each against a fault server of its own on
 * loopback, and reports its faults.
 */
public final class Judge {
  private final String name;
  private final Protocol protocol;
  private final JudgedClient client;
  private List<TrialCase> cases;
  private Duration patience = Duration.ofSeconds(TrialCases.PATIENCE_SECONDS);
  private Duration limit = Duration.ofSeconds(25);
  private int lanes = 2;
  private Consumer<Ruling> listener = ruling -> {};
  private JudgedRoute route = JudgedRoute.DIRECT;

  private Judge(String name, Protocol protocol, JudgedClient client) {
    this.name = name;
    this.protocol = protocol;
    this.client = client;
    this.cases = TrialCases.of(protocol);
  }

  /** {@return a judge of one client in one protocol, with all cases} */
  public static Judge of(String name, Protocol protocol, JudgedClient client) {
    return new Judge(name, protocol, client);
  }

  /** Tries these cases only. */
  public Judge cases(List<TrialCase> cases) {
    Check.that(!cases.isEmpty(), "cases", "must not be empty", cases);
    this.cases = List.copyOf(cases);
    return this;
  }

  /** Leaves out the cases in which the client is to cancel, for one that has no way to. */
  public Judge withoutCancel() {
    return cases(cases.stream().filter(one -> one.demand() != TrialCase.Demand.CANCEL).toList());
  }

  /** Sets after how much silence the client shall give up; 3 s at first. */
  public Judge patience(Duration patience) {
    Check.that(patience.isPositive(), "patience", "must be positive", patience);
    this.patience = patience;
    return this;
  }

  /** Sets after how long a client that has not ended counts as hung; 25 s at first. */
  public Judge limit(Duration limit) {
    Check.that(limit.isPositive(), "limit", "must be positive", limit);
    this.limit = limit;
    return this;
  }

  /** Sets how many cases run at a time; 2 at first. */
  public Judge lanes(int lanes) {
    Check.that(lanes >= 1 && lanes <= 64, "lanes", "must be 1 to 64", lanes);
    this.lanes = lanes;
    return this;
  }

  /** Puts something between the client and the fault server, for each case anew. */
  public Judge through(JudgedRoute route) {
    this.route = route;
    return this;
  }

  /** Receives every ruling, in the order of the cases; those that were tried again come last. */
  public Judge listener(Consumer<Ruling> listener) {
    this.listener = listener;
    return this;
  }

  /**
   * {@return the judgement} A finding that a busy machine could have caused counts only if a second
   * run, after all other cases, repeats it.
   *
   * @throws IllegalArgumentException if the client cannot be started, or asks nothing of the server
   */
  public Judgement judge() throws InterruptedException {
    try (var sitting = new TrialRun(protocol, client, patience, limit, listener, route)) {
      return new Judgement(name, protocol, sitting.hold(cases, lanes));
    }
  }
}
