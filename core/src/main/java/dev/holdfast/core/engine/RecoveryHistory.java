package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.OutputLimit;
import dev.holdfast.core.continuation.PrefillEcho;
import dev.holdfast.core.continuation.RungChoice;
import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What one stream tried, and what is left of it. Decides nothing; {@link Recovery} does. */
final class RecoveryHistory {
  private final RetryPolicy retry;
  private final List<UpstreamState> upstreams = new ArrayList<>(1);
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
  RecoveryHistory(
      StreamPlan plan,
      RequestFacts facts,
      OutputLimit limit,
      PrefillEcho echo,
      RandomGenerator random) {
    var policy = plan.policy();
    this.retry = policy.retry();
    for (var upstream : plan.upstreams()) {
      var known = upstreams.isEmpty() ? facts : upstream.facts();
      upstreams.add(
          new UpstreamState(
              upstreams.size(), upstream, known, policy.startup(), limit, echo, random));
    }
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
      nextRound();
      preferredUpstream = upstream.index;
      upstream.broughtContent(); // Regardless of a second attempt's answer there.
    } else {
      attemptsWithoutContent++;
      upstream.failed();
    }
    var wait = failure.retryAfter();
    if (failure.isRetryable() && wait.isPresent()) {
      // The Retry-After of a permanent rejection is ignored.
      upstream.notBefore(nowNanos + wait.get().toNanos());
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
    upstreams.get(upstream).spend();
    terminalFailure = failure;
  }

  /** {@return whether what was handed on may not be of one generation} */
  boolean isDoubtful() {
    return broken != null && broken.isDoubtful();
  }

  /** {@return where the rest of the generation that broke last is available, or null} */
  @Nullable Cursor cursor() {
    return broken == null ? null : broken.cursor();
  }

  /** {@return whether an answer's id is not that of the generation that is asked for} */
  boolean isForeign(String id) {
    var cursor = broken == null ? null : broken.cursor();
    return cursor != null && !id.isEmpty() && !id.equals(cursor.generation());
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

  /** {@return what an upstream may still have of the generation that broke} */
  RungChoice.Kept kept(UpstreamState upstream) {
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

  // ---------------------------------------------------------------- what decisions change

  /** An attempt failed on its own account. */
  void blamed(Failure failure) {
    rootFailure = failure;
  }

  /** A continuation was refused by its upstream or at the seam; its rung is passed over. */
  void refused(Attempt attempt, Failure failure) {
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
      asked.refuse(rung, failure.detail(), failure.cause() == Cause.SEAM_REFUSED);
    }
  }

  /** Of the generation that broke, at most its document is used from now on. */
  void onlyDocument() {
    kept = RungChoice.Kept.DOCUMENT;
  }

  /** Of the generation that broke, nothing is used from now on. */
  void nothingKept() {
    kept = RungChoice.Kept.NOTHING;
  }

  /** {@return how often a generation under way was asked for, with this time} */
  int polled() {
    return ++polls;
  }

  /** Every upstream may be asked again. */
  void nextRound() {
    upstreams.forEach(UpstreamState::nextRound);
  }

  /** {@return until when an open circuit is waited for; it is set once between two attempts} */
  long circuitDeadline(long nowNanos) {
    if (circuitDeadlineNanos == Long.MIN_VALUE) {
      circuitDeadlineNanos = nowNanos + retry.maxRetryAfter().toNanos();
    }
    return circuitDeadlineNanos;
  }

  // ---------------------------------------------------------------- what decisions rest on

  /** {@return the upstreams in the order of the plan} */
  List<UpstreamState> upstreams() {
    return Collections.unmodifiableList(upstreams);
  }

  /** {@return the upstream to ask first} */
  UpstreamState preferred() {
    return upstreams.get(preferredUpstream);
  }

  /** {@return the upstream that may still have the generation that broke last} */
  UpstreamState cursorUpstream() {
    return upstreams.get(cursorUpstream);
  }

  /** {@return the number of the next attempt} */
  int nextNumber() {
    return opened + 1;
  }

  /** {@return attempts in a row without new content} */
  int attemptsWithoutContent() {
    return attemptsWithoutContent;
  }

  /** {@return continuations so far} */
  int continuations() {
    return continuations;
  }

  /** {@return the last failure of an attempt on its own account, or null} */
  @Nullable Failure rootFailure() {
    return rootFailure;
  }

  /** {@return the last reason for abandoning an upstream, or null} */
  @Nullable Failure terminalFailure() {
    return terminalFailure;
  }

  /** {@return whether a continuation was refused because it did not fit} */
  boolean refusedSeam() {
    if (seamRefused) {
      return true;
    }
    for (var upstream : upstreams) { // Asked with every event: no stream of Java's.
      if (upstream.refusedSeam()) {
        return true;
      }
    }
    return false;
  }
}
