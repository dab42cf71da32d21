package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.OutputLimit;
import dev.holdfast.core.continuation.PrefillEcho;
import dev.holdfast.core.continuation.RungChoice;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides what follows a failed attempt, and keeps count of what was tried. */
final class Recovery {
  /** A generation is kept for about ten minutes: poll every ten seconds until it expires. */
  private static final int MAX_POLLS = 64;

  private static final Duration LONGEST_POLL = Duration.ofSeconds(10);

  private static final String UNSHOWN =
      "what came by the cursor cannot be shown to be the rest of the answer";

  private final StreamPolicy policy;
  private final RetryPolicy retry;
  private final Backoff backoff;
  private final Delivery delivery;
  private final List<UpstreamState> upstreams = new ArrayList<>();
  private int opened;
  private int attemptsWithoutContent;
  private int continuations;

  /**
   * The upstream to ask first: where the last content came from, or where the last attempt went.
   */
  private int preferredUpstream;

  /** Deadline for waiting on an open circuit, since the last attempt. */
  private long circuitDeadlineNanos = Long.MIN_VALUE;

  private @Nullable Failure rootFailure;

  /** The last reason for abandoning an upstream. */
  private @Nullable Failure terminalFailure;

  /** The generation that broke last, its upstream, and what is still available of it. */
  private @Nullable Generation broken;

  private int cursorUpstream;
  private RungChoice.Kept kept = RungChoice.Kept.NOTHING;
  private int polls;

  /** Whether what a cursor brought was refused. */
  private boolean seamRefused;

  /**
   * No attempt yet.
   *
   * @param facts about the request to the first upstream
   */
  Recovery(
      StreamPlan plan,
      RequestFacts facts,
      Delivery delivery,
      OutputLimit limit,
      PrefillEcho echo,
      RandomGenerator random) {
    this.policy = plan.policy();
    this.retry = policy.retry();
    this.backoff = new Backoff(retry, random);
    this.delivery = delivery;
    for (var upstream : plan.upstreams()) {
      var known = upstreams.isEmpty() ? facts : upstream.dialect().facts(upstream.body());
      upstreams.add(
          new UpstreamState(
              upstreams.size(), upstream, known, policy.startup(), limit, echo, random));
    }
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

  /** {@return number of requested answers} */
  int choices() {
    return upstreams.getFirst().facts.choices();
  }

  /** Records that an attempt was opened. */
  void opened(NextAttempt next) {
    opened = next.number();
    circuitDeadlineNanos = Long.MIN_VALUE;
    continuations += counts(next) ? 1 : 0;
    if (next.rung() == null) {
      preferredUpstream = next.upstream();
    }
  }

  private boolean counts(NextAttempt next) {
    return switch (next.purpose()) {
      case ANSWER -> next.rung() != null;
      case RESUME -> true;
      case POLL -> polls == 0;
      case TOKENS, COUNT -> false;
    };
  }

  /** An upstream answered, with any status. */
  void answered(int upstream) {
    upstreams.get(upstream).startup.answered();
  }

  /** {@return whether a failure is waited out: the server is not up} Then it is not counted. */
  boolean waitsOut(Attempt attempt, Failure failure, Availability.Lookup standings) {
    int upstream = attempt.plan.upstream();
    return retry.maxAttempts() > 1
        && upstreams.get(upstream).startup.covers(failure, standings.of(upstream).answered());
  }

  /** An attempt found the server not up, and is waited out. */
  void waits(Attempt attempt, Failure failure, long nowNanos) {
    failed(attempt, failure, nowNanos);
    var upstream = upstreams.get(attempt.plan.upstream());
    upstream.startup.failed(nowNanos);
    attemptsWithoutContent--;
    continuations -= counts(attempt.plan) ? 1 : 0;
  }

  /** An attempt failed; not called for successful or abandoned attempts. */
  void failed(Attempt attempt, Failure failure, long nowNanos) {
    var upstream = upstreams.get(attempt.plan.upstream());
    if (!failure.isStarting()) {
      upstream.startup.over();
    }
    left(attempt, failure);
    if (attempt.isFruitful()) {
      attemptsWithoutContent = 0;
      upstreams.forEach(each -> each.failed = false);
      preferredUpstream = upstream.index;
      upstream.spent = false; // Regardless of a second attempt's answer there.
    } else {
      attemptsWithoutContent++;
      upstream.failed = true;
    }
    var wait = failure.retryAfter();
    if (failure.isRetryable() && wait.isPresent()) {
      // The Retry-After of a permanent rejection is ignored.
      upstream.notBeforeNanos = nowNanos + wait.get().toNanos();
    }
  }

  /** Records what is still available of an attempt's generation. */
  private void left(Attempt attempt, Failure failure) {
    switch (attempt.purpose()) {
      case ANSWER -> {
        broken = attempt.generation;
        cursorUpstream = attempt.plan.upstream();
        // What is held back at a seam is lost with the attempt.
        kept = attempt.isJoined() ? RungChoice.Kept.EVENTS : RungChoice.Kept.NOTHING;
      }
      case RESUME -> {
        // Of kept bytes there is no document. A connection that broke in what comes again is made
        // again, as often as attempts without new content may be made.
        boolean again =
            failure.isRetryable()
                && upstreams.get(attempt.plan.upstream()).plan.dialect()
                    instanceof ResumableDialect dialect
                && dialect.countsBytes();
        if (attempt.wasAnswered() && !attempt.isFruitful() && !again) {
          kept = RungChoice.Kept.DOCUMENT; // The cursor is invalid.
        }
      }
      case TOKENS, COUNT, POLL -> {}
    }
  }

  /** An attempt reported its tokens so far. */
  void reported(Attempt attempt, TokenUsage usage) {
    if (attempt.purpose() == Purpose.ANSWER && attempt.generation.fromTheStart) {
      upstreams.get(attempt.plan.upstream()).continuations.reported(usage);
    }
  }

  /** {@return the profile by which a server that named itself is continued from now on, or null} */
  @Nullable Profile recognise(Attempt attempt, String server) {
    return upstreams.get(attempt.plan.upstream()).recognise(server);
  }

  /** {@return the display name of an attempt's upstream} */
  String nameOf(NextAttempt next) {
    return upstreams.get(next.upstream()).plan.name();
  }

  /** An upstream is not asked again for this stream. */
  void giveUp(int upstream, Failure failure) {
    upstreams.get(upstream).spent = true;
    terminalFailure = failure;
  }

  /** {@return whether what was handed on may not be of one generation} */
  boolean isDoubtful() {
    return broken != null && broken.isDoubtful();
  }

  /** {@return whether an answer's id is not that of the generation that is asked for} */
  boolean isForeign(String id) {
    var cursor = broken == null ? null : broken.cursor();
    return cursor != null && !id.isEmpty() && !id.equals(cursor.generation());
  }

  /**
   * {@return the request for the document that proves whether the resumed part is the rest; null if
   * there is none}
   */
  @Nullable NextAttempt confirming() {
    kept = RungChoice.Kept.DOCUMENT;
    var upstream = upstreams.get(cursorUpstream);
    var left = kept(upstream);
    var choice = choice(upstream, left);
    if (left != RungChoice.Kept.DOCUMENT || choice.rung() != Rung.CURSOR) {
      return null;
    }
    try {
      return upstream.continuations.next(
          opened + 1, choice, left, broken == null ? null : broken.cursor(), "", Cause.TRUNCATED);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** {@return what follows where no document shows that what was resumed is the rest} */
  Decision unconfirmed(Moment at) {
    kept = RungChoice.Kept.NOTHING;
    return again(
        rootFailure == null ? Failure.retryable(Cause.TRUNCATED, "no answer") : rootFailure,
        false,
        at);
  }

  /** {@return the generation that broke last, or null} */
  @Nullable Generation broken() {
    return broken;
  }

  /** {@return how an upstream spells the addresses of kept generations, as far as is known} */
  KeptAddress address(int upstream) {
    return upstreams.get(upstream).continuations.address();
  }

  /** {@return whether an upstream spells addresses otherwise than was known} */
  boolean isNewAddress(int upstream) {
    return address(upstream) != upstreams.get(upstream).plan.address();
  }

  /** {@return the protocol of an answer that its provider writes to the end, else null} */
  @Nullable ResumableDialect keeping(NextAttempt next, Generation generation) {
    var upstream = upstreams.get(next.upstream());
    return next.purpose() == Purpose.ANSWER
        ? upstream.continuations.keeping(generation.isNamed(), upstream.facts.kept())
        : null;
  }

  /** {@return under which name an upstream is asked to keep the bytes of an answer, or null} */
  @Nullable String name(NextAttempt next) {
    return upstreams.get(next.upstream()).continuations.name(next.number());
  }

  /** {@return when to ask again for a generation that is under way} */
  Decision notYet(Moment at) {
    var blamed =
        rootFailure == null ? Failure.retryable(Cause.TRUNCATED, "no answer") : rootFailure;
    if (++polls > MAX_POLLS) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    var delay = Duration.ofSeconds(1L << Math.min(polls - 1, 4));
    var wait = delay.compareTo(LONGEST_POLL) < 0 ? delay : LONGEST_POLL;
    return allowed(upstreams.get(cursorUpstream), blamed, wait.toNanos(), at);
  }

  /**
   * {@return the attempt that continues after what was asked for has come}
   *
   * @throws IllegalArgumentException if {@code tokens} holds none
   */
  NextAttempt completing(Attempt asked, String tokens) {
    var cause = rootFailure == null ? Cause.TRUNCATED : rootFailure.cause();
    return upstreams
        .get(asked.plan.upstream())
        .continuations
        .completing(asked.plan, tokens, delivery.text(), cause);
  }

  /** {@return the first upstream to ask, or why none is asked} */
  Decision begin(Moment at) {
    for (var upstream : upstreams) {
      if (at.standings().of(upstream.index).waitNanos() == 0) {
        return new Decision.Retry(request(upstream), Duration.ZERO, 1);
      }
    }
    return new Decision.GiveUp(circuitsOpen(at), null, "");
  }

  private Failure circuitsOpen(Moment at) {
    long soonest = Long.MAX_VALUE;
    var waits = new ArrayList<String>();
    for (var upstream : upstreams) {
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
    rootFailure = failure;
    if (!failure.isRetryable()) {
      giveUp(upstream, failure);
    }
    if (!failure.isRetryable()
        && failure.cause() == Cause.PROTOCOL_VIOLATION
        && delivery.isCommitted()) {
      return new Decision.GiveUp(failure, null, ""); // Delivered text cannot be corrected.
    }
    boolean wrong = !failure.isRetryable() && UpstreamState.isTheRequests(failure);
    if (terminalFailure != null && (wrong || upstreams.stream().allMatch(each -> each.spent))) {
      // Of two concurrent attempts the permanent failure explains more.
      return new Decision.GiveUp(failure.isRetryable() ? terminalFailure : failure, null, "");
    }
    // The first continuation after new content goes at once.
    return again(failure, attemptsWithoutContent > 0, at);
  }

  /**
   * {@return what follows a continuation that the upstream or the seam refused} The failure that
   * made it necessary stays the reported one. The next rung is tried at once.
   */
  Decision afterRefusal(Attempt attempt, Failure failure, Moment at) {
    var rung = attempt.rung();
    boolean resumes = attempt.purpose() == Purpose.RESUME;
    var asked = upstreams.get(attempt.plan.upstream());
    if (resumes && failure.httpStatus().orElse(0) == 404 && asked.continuations.readdress()) {
      attemptsWithoutContent--; // Only the address was wrong.
    } else if (attempt.purpose() == Purpose.COUNT) {
      attemptsWithoutContent--; // No continuation was asked for yet.
      asked.continuations.uncountable();
    } else if (rung == Rung.CURSOR) {
      seamRefused |= failure.cause() == Cause.SEAM_REFUSED;
      kept = resumes ? RungChoice.Kept.DOCUMENT : RungChoice.Kept.NOTHING;
    } else if (rung != null) {
      upstreams
          .get(attempt.plan.upstream())
          .refuse(rung, failure.detail(), failure.cause() == Cause.SEAM_REFUSED);
    }
    return again(rootFailure == null ? failure : rootFailure, false, at);
  }

  /** {@return whether an attempt that was waited for may be made: its circuit may have opened} */
  boolean isDue(NextAttempt next, Moment at) {
    return at.standings().of(next.upstream()).waitNanos() == 0;
  }

  /** {@return what follows a wait without effect} */
  Decision afterWait(Moment at) {
    if (rootFailure == null) {
      throw new IllegalStateException("death: must be known while waiting, was null");
    }
    return again(rootFailure, false, at);
  }

  /** {@return a hedge of an attempt without content so far, or null} */
  @Nullable NextAttempt hedge(Moment at) {
    if (delivery.isCommitted() || attemptsWithoutContent + 2 > retry.maxAttempts()) {
      return null;
    }
    var others = new ArrayList<>(upstreams);
    others.add(others.remove(preferredUpstream));
    for (var upstream : others) {
      var standing = at.standings().of(upstream.index);
      boolean asked = upstream.notBeforeNanos > at.nowNanos();
      if (!upstream.spent && !asked && standing.retryAllowed() && standing.waitNanos() == 0) {
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
  static boolean saysNoSuchRung(Failure failure) {
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
    if (attemptsWithoutContent >= retry.maxAttempts()
        && upstreams.stream().noneMatch(each -> each.startup.isOn())) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    boolean nextRound = upstreams.stream().allMatch(each -> each.failed || each.spent);
    long pauseNanos = pause ? backoff.before(attemptsWithoutContent).toNanos() : 0;
    Decision.Retry soonest = null;
    Decision.GiveUp why = null;
    for (var upstream : candidates()) {
      switch (allowed(upstream, blamed, upstream.failed ? pauseNanos : 0, at)) {
        case Decision.Retry go -> {
          if (go.next().rung() == Rung.CURSOR) {
            return go; // The answer exists already, and is paid for.
          }
          if (soonest == null || go.delay().compareTo(soonest.delay()) < 0) {
            soonest = go;
          }
        }
        case Decision.GiveUp stop -> {
          if (why == null || why.stoppedBy() == null || upstream.index == preferredUpstream) {
            why = stop.stoppedBy() == null && why != null ? why : stop;
          }
        }
      }
    }
    if (nextRound) {
      upstreams.forEach(each -> each.failed = false);
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
      return upstreams;
    }
    var all = new ArrayList<UpstreamState>();
    all.add(upstreams.get(preferredUpstream));
    if (policy.failover().continueElsewhere()) {
      upstreams.stream().filter(each -> each.index != preferredUpstream).forEach(all::add);
    }
    return all;
  }

  /** {@return an attempt at one upstream, or the rule against it} */
  private Decision allowed(UpstreamState upstream, Failure blamed, long pauseNanos, Moment at) {
    if (upstream.spent) {
      return new Decision.GiveUp(blamed, null, "");
    }
    var standing = at.standings().of(upstream.index);
    // Nothing was generated there: neither attempts nor the budget are spent.
    boolean starting = upstream.startup.isOn();
    if (starting
        ? upstream.startup.isSpent(at.nowNanos())
        : attemptsWithoutContent >= retry.maxAttempts()) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    if (!starting && !standing.retryAllowed()) {
      return new Decision.GiveUp(blamed, Cause.BUDGET_EXHAUSTED, "");
    }
    long asked = Math.max(0, upstream.notBeforeNanos - at.nowNanos());
    if (asked > retry.maxRetryAfter().toNanos()) {
      return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    // The provider's wait takes precedence over the random one.
    long pause = starting ? upstream.startup.pauseNanos(at.nowNanos(), at.nanosLeft()) : pauseNanos;
    long delay = asked > 0 ? asked : pause;
    if (standing.waitNanos() > 0) {
      if (circuitDeadlineNanos == Long.MIN_VALUE) {
        circuitDeadlineNanos = at.nowNanos() + retry.maxRetryAfter().toNanos();
      }
      if (at.nowNanos() + standing.waitNanos() > circuitDeadlineNanos) {
        return new Decision.GiveUp(blamed, Cause.BUDGET_EXHAUSTED, "");
      }
      delay = Math.max(delay, standing.waitNanos() + backoff.spread().toNanos());
    }
    if (delay >= at.nanosLeft()) {
      return new Decision.GiveUp(blamed, Cause.DEADLINE_EXCEEDED, "");
    }
    int retries = Math.max(1, attemptsWithoutContent);
    while (true) {
      var left = kept(upstream);
      var choice = choice(upstream, left);
      if (!delivery.isCommitted() && choice.rung() != Rung.CURSOR) {
        return new Decision.Retry(request(upstream), Duration.ofNanos(delay), retries);
      }
      if (continuations >= retry.maxContinuations()) {
        return new Decision.GiveUp(blamed, Cause.RETRIES_EXHAUSTED, "");
      }
      if (choice.rung() != Rung.CURSOR && isDoubtful()) {
        return new Decision.GiveUp(blamed, Cause.SEAM_REFUSED, UNSHOWN);
      }
      if (choice.rung() == Rung.REFUSE) {
        return new Decision.GiveUp(blamed, unfit(), choice.reason());
      }
      try {
        var cursor = broken == null ? null : broken.cursor();
        var next =
            upstream.continuations.next(
                opened + 1, choice, left, cursor, delivery.text(), blamed.cause());
        return new Decision.Retry(next, Duration.ofNanos(delay), retries);
      } catch (IllegalArgumentException e) {
        // A raw body need not have messages.
        upstream.refuse(choice.rung(), String.valueOf(e.getMessage()), false);
      }
    }
  }

  /** {@return why nothing continues: a seam was refused, or there was none to try} */
  private Cause unfit() {
    return upstreams.stream().anyMatch(UpstreamState::refusedSeam) || seamRefused
        ? Cause.SEAM_REFUSED
        : Cause.NO_RUNG;
  }

  private RungChoice choice(UpstreamState upstream, RungChoice.Kept left) {
    return RungChoice.of(
        upstream.index == preferredUpstream ? upstream.capability() : upstream.forStrangers(),
        upstream.facts,
        policy.recovery().requireExact(),
        delivery.view(),
        left,
        upstream.missing);
  }

  /** {@return what an upstream may still have of the generation that broke} */
  private RungChoice.Kept kept(UpstreamState upstream) {
    var generation = broken;
    if (generation == null
        || upstream.index != cursorUpstream
        || generation.cursor() == null
        || !(upstream.plan.dialect() instanceof ResumableDialect dialect)
        || !(upstream.facts.kept() || dialect.countsBytes())
        || (kept == RungChoice.Kept.DOCUMENT && !generation.fromTheStart)) {
      return RungChoice.Kept.NOTHING;
    }
    return kept;
  }

  private NextAttempt request(UpstreamState upstream) {
    return NextAttempt.fromTheStart(
        opened + 1, upstream.index, upstream.continuations.fromTheStart(opened + 1));
  }
}
