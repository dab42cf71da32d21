package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.Backoff;
import dev.holdfast.core.continuation.RungChoice;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.RungRefusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides what follows an attempt, from what was tried and what the operator allows. */
final class Recovery {
  /** A generation is kept for about ten minutes: poll every ten seconds until it expires. */
  private static final int MAX_POLLS = 64;

  private static final Duration LONGEST_POLL = Duration.ofSeconds(10);

  private static final String UNSHOWN =
      "what came by the cursor cannot be shown to be the rest of the answer";

  private final StreamPolicy policy;
  private final RetryPolicy retry;
  private final Backoff backoff;
  private final RecoveryHistory history;
  private final Delivery delivery;

  Recovery(
      StreamPolicy policy, RecoveryHistory history, Delivery delivery, RandomGenerator random) {
    this.policy = policy;
    this.retry = policy.retry();
    this.backoff = new Backoff(retry, random);
    this.history = history;
    this.delivery = delivery;
  }

  /**
   * The time of a decision and what it depends on.
   *
   * @param nanosLeft of the whole stream
   */
  record Moment(long nowNanos, long nanosLeft, Availability.Lookup standings) {}

  /** What follows. */
  sealed interface Decision {
    /**
     * Another attempt.
     *
     * @param retry attempts in a row without new content, at least 1
     */
    record Retry(NextAttempt next, Duration delay, int retry) implements Decision {}

    /**
     * The end.
     *
     * @param blamed the failure to report
     * @param stoppedBy why recovery went no further; null if the failure cannot heal
     * @param reason which rule refused a continuation; empty if none did
     */
    record GiveUp(Failure blamed, @Nullable Cause stoppedBy, String reason) implements Decision {}
  }

  /**
   * {@return the request for the document that proves whether the resumed part is the rest; null if
   * there is none}
   */
  @Nullable NextAttempt confirming() {
    history.onlyDocument();
    var upstream = history.cursorUpstream();
    var left = history.kept(upstream);
    var choice = choice(upstream, left);
    if (left != RungChoice.Kept.DOCUMENT || choice.rung() != Rung.CURSOR) {
      return null;
    }
    try {
      return upstream.continuations.next(
          history.nextNumber(), choice, left, history.cursor(), "", Cause.TRUNCATED);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** {@return what follows where no document shows that what was resumed is the rest} */
  Decision unconfirmed(Moment at) {
    history.nothingKept();
    return again(blamed(), false, at);
  }

  /** {@return when to ask again for a generation that is under way} */
  Decision notYet(Moment at) {
    var blamed = blamed();
    int polls = history.polled();
    if (polls > MAX_POLLS) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    var delay = Duration.ofSeconds(1L << Math.min(polls - 1, 4));
    var wait = delay.compareTo(LONGEST_POLL) < 0 ? delay : LONGEST_POLL;
    return allowed(history.cursorUpstream(), blamed, wait.toNanos(), at);
  }

  /**
   * {@return the attempt that continues after what was asked for has come}
   *
   * @throws IllegalArgumentException if {@code tokens} holds none
   */
  NextAttempt completing(Attempt asked, String tokens) {
    var cause = blamed().cause();
    return history
        .upstreams()
        .get(asked.plan.upstream())
        .continuations
        .completing(asked.plan, tokens, delivery.text(), cause);
  }

  private Failure blamed() {
    var failure = history.rootFailure();
    return failure == null ? Failure.retryable(Cause.TRUNCATED, "no answer") : failure;
  }

  /** {@return the first upstream to ask, or why none is asked} */
  Decision begin(Moment at) {
    for (var upstream : history.upstreams()) {
      if (at.standings().of(upstream.index).waitNanos() == 0) {
        return new Decision.Retry(request(upstream), Duration.ZERO, 1);
      }
    }
    return new Decision.GiveUp(circuitsOpen(at), null, "");
  }

  private Failure circuitsOpen(Moment at) {
    long soonest = Long.MAX_VALUE;
    var waits = new ArrayList<String>();
    for (var upstream : history.upstreams()) {
      long wait = at.standings().of(upstream.index).waitNanos();
      soonest = Math.min(soonest, wait);
      waits.add("%s in %d ms".formatted(upstream.plan.name(), millis(wait)));
    }
    return Failure.builder(
            Cause.BUDGET_EXHAUSTED,
            "too many attempts failed lately; asked again: " + String.join(", ", waits))
        .retryable(true)
        .retryAfter(Duration.ofNanos(soonest))
        .build();
  }

  private static long millis(long nanos) {
    return (nanos + 999_999) / 1_000_000;
  }

  /** {@return what follows an attempt that failed on its own account} */
  Decision after(int upstream, Failure failure, Moment at) {
    history.blamed(failure);
    if (!failure.isRetryable()) {
      history.giveUp(upstream, failure);
    }
    if (!failure.isRetryable()
        && failure.cause() == Cause.PROTOCOL_VIOLATION
        && delivery.isCommitted()) {
      return new Decision.GiveUp(failure, null, ""); // Delivered text cannot be corrected.
    }
    boolean wrong = !failure.isRetryable() && UpstreamState.isTheRequests(failure);
    var terminal = history.terminalFailure();
    boolean spent = history.upstreams().stream().allMatch(UpstreamState::isSpent);
    if (terminal != null && (wrong || spent)) {
      // Of two concurrent attempts the permanent failure explains more.
      return new Decision.GiveUp(failure.isRetryable() ? terminal : failure, null, "");
    }
    // The first continuation after new content goes at once.
    return again(failure, history.attemptsWithoutContent() > 0, at);
  }

  /**
   * {@return what follows a continuation that the upstream or the seam refused} The failure that
   * made it necessary stays the reported one. The next rung is tried at once.
   */
  Decision afterRefusal(Attempt attempt, Failure failure, Moment at) {
    history.refused(attempt, failure);
    var root = history.rootFailure();
    return again(root == null ? failure : root, false, at);
  }

  /** {@return whether an attempt that was waited for may be made: its circuit may have opened} */
  boolean isDue(NextAttempt next, Moment at) {
    return at.standings().of(next.upstream()).waitNanos() == 0;
  }

  /** {@return what follows a wait without effect} */
  Decision afterWait(Moment at) {
    var root = history.rootFailure();
    if (root == null) {
      throw new IllegalStateException("root failure: must be known while waiting, was null");
    }
    return again(root, false, at);
  }

  /** {@return a hedge of an attempt without content so far, or null} */
  @Nullable NextAttempt hedge(Moment at) {
    if (delivery.isCommitted() || history.attemptsWithoutContent() + 2 > retry.maxAttempts()) {
      return null;
    }
    var others = new ArrayList<>(history.upstreams());
    var preferred = history.preferred();
    others.remove(preferred);
    others.add(preferred);
    for (var upstream : others) {
      var standing = at.standings().of(upstream.index);
      boolean asked = upstream.waitNanos(at.nowNanos()) > 0;
      if (!upstream.isSpent() && !asked && standing.retryAllowed() && standing.waitNanos() == 0) {
        return request(upstream);
      }
    }
    return null;
  }

  /**
   * Whether an upstream took the request but not its continuation: the first one was answered, so
   * what is wrong is how it was continued. Some providers report this in a 200 response.
   */
  static boolean refusesToContinue(Failure failure) {
    return failure.cause() == Cause.REJECTED
        && switch (failure.httpStatus().orElse(0)) {
          case 200, 400, 404, 405, 410, 413, 422 -> true;
          default -> false;
        };
  }

  /** Whether that is so for every continuation, not only for one of this length. */
  static boolean deniesRung(Failure failure) {
    var error = failure.provider().orElse(null);
    boolean tooLong =
        failure.httpStatus().orElse(0) == 413
            || (error != null && error.code().contains("context"));
    return !tooLong;
  }

  /**
   * The soonest of what the upstreams allow, the first of them where it is the same. Those that
   * have failed wait their turn; once all have, the next round begins after a pause.
   */
  private Decision again(Failure blamed, boolean pause, Moment at) {
    if (history.attemptsWithoutContent() >= retry.maxAttempts()
        && history.upstreams().stream().noneMatch(each -> each.startup.isOn())) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    boolean nextRound =
        history.upstreams().stream().allMatch(each -> each.hasFailed() || each.isSpent());
    long pauseNanos = pause ? backoff.before(history.attemptsWithoutContent()).toNanos() : 0;
    Decision.Retry soonest = null;
    Decision.GiveUp why = null;
    for (var upstream : candidates()) {
      switch (allowed(upstream, blamed, upstream.hasFailed() ? pauseNanos : 0, at)) {
        case Decision.Retry go -> {
          if (go.next().rung() == Rung.CURSOR) {
            return go; // The answer exists already, and is paid for.
          }
          if (soonest == null || go.delay().compareTo(soonest.delay()) < 0) {
            soonest = go;
          }
        }
        case Decision.GiveUp stop -> {
          if (why == null || why.stoppedBy() == null || upstream == history.preferred()) {
            why = stop.stoppedBy() == null && why != null ? why : stop;
          }
        }
      }
    }
    if (nextRound) {
      history.nextRound();
    }
    if (soonest != null) {
      return soonest;
    }
    return why == null ? new Decision.GiveUp(blamed, null, "") : why;
  }

  /**
   * Before commit, every upstream; afterwards only the one that produced the content, unless
   * failover permits others.
   */
  private List<UpstreamState> candidates() {
    if (!delivery.isCommitted()) {
      return history.upstreams();
    }
    var all = new ArrayList<UpstreamState>();
    var preferred = history.preferred();
    all.add(preferred);
    if (policy.failover().continueElsewhere()) {
      history.upstreams().stream().filter(each -> each != preferred).forEach(all::add);
    }
    return all;
  }

  /** {@return an attempt at one upstream, or the rule against it} */
  private Decision allowed(UpstreamState upstream, Failure blamed, long pauseNanos, Moment at) {
    if (upstream.isSpent()) {
      return new Decision.GiveUp(blamed, null, "");
    }
    var standing = at.standings().of(upstream.index);
    // Nothing was generated there: neither attempts nor the budget are spent.
    boolean starting = upstream.startup.isOn();
    if (starting
        ? upstream.startup.isSpent(at.nowNanos())
        : history.attemptsWithoutContent() >= retry.maxAttempts()) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    if (!starting && !standing.retryAllowed()) {
      return new Decision.GiveUp(blamed, Cause.BUDGET_EXHAUSTED, "");
    }
    long asked = upstream.waitNanos(at.nowNanos());
    if (asked > retry.maxRetryAfter().toNanos()) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    // The provider's wait takes precedence over the random one.
    long pause = starting ? upstream.startup.pauseNanos(at.nowNanos(), at.nanosLeft()) : pauseNanos;
    long delay = asked > 0 ? asked : pause;
    if (standing.waitNanos() > 0) {
      if (at.nowNanos() + standing.waitNanos() > history.circuitDeadline(at.nowNanos())) {
        return new Decision.GiveUp(blamed, Cause.BUDGET_EXHAUSTED, "");
      }
      delay = Math.max(delay, standing.waitNanos() + backoff.spread().toNanos());
    }
    if (delay >= at.nanosLeft()) {
      return new Decision.GiveUp(blamed, Cause.DEADLINE_EXCEEDED, "");
    }
    int retries = Math.max(1, history.attemptsWithoutContent());
    while (true) {
      var left = history.kept(upstream);
      var choice = choice(upstream, left);
      if (!delivery.isCommitted() && choice.rung() != Rung.CURSOR) {
        return new Decision.Retry(request(upstream), Duration.ofNanos(delay), retries);
      }
      if (history.continuations() >= retry.maxContinuations()) {
        return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
      }
      if (choice.rung() != Rung.CURSOR && history.isDoubtful()) {
        return new Decision.GiveUp(blamed, Cause.SEAM_REFUSED, UNSHOWN);
      }
      if (choice.rung() == Rung.REFUSE) {
        return new Decision.GiveUp(blamed, unfit(), choice.reason());
      }
      try {
        var next =
            upstream.continuations.next(
                history.nextNumber(),
                choice,
                left,
                history.cursor(),
                delivery.text(),
                blamed.cause());
        return new Decision.Retry(next, Duration.ofNanos(delay), retries);
      } catch (IllegalArgumentException e) {
        // A raw body need not have messages.
        upstream.refuse(choice.rung(), String.valueOf(e.getMessage()), false);
      }
    }
  }

  /** {@return why each rung that could continue the delivered content is passed over} */
  List<RungRefusal> refusals() {
    var refusals = new ArrayList<RungRefusal>();
    if (delivery.isCommitted()) {
      for (var upstream : candidates()) {
        var rules =
            RungChoice.rules(
                capability(upstream),
                upstream.facts,
                policy.recovery().requireExact(),
                delivery.view(),
                upstream.missing());
        boolean kept = history.kept(upstream) != RungChoice.Kept.NOTHING;
        rules.forEach((rung, rule) -> {
          if (rung != Rung.CURSOR || !kept) {
            refusals.add(new RungRefusal(upstream.plan.name(), rung, rule));
          }
        });
      }
    }
    return refusals;
  }

  private Capability capability(UpstreamState upstream) {
    return upstream == history.preferred() ? upstream.capability() : upstream.forStrangers();
  }

  /** {@return why nothing continues: a seam was refused, or there was none to try} */
  private Cause unfit() {
    return history.refusedSeam() ? Cause.SEAM_REFUSED : Cause.NO_RUNG;
  }

  private RungChoice choice(UpstreamState upstream, RungChoice.Kept left) {
    return RungChoice.of(
        capability(upstream),
        upstream.facts,
        policy.recovery().requireExact(),
        delivery.view(),
        left,
        upstream.missing());
  }

  private NextAttempt request(UpstreamState upstream) {
    return NextAttempt.fromTheStart(
        history.nextNumber(),
        upstream.index,
        upstream.continuations.fromTheStart(history.nextNumber()));
  }
}
