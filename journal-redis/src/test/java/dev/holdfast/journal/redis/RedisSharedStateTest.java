package dev.holdfast.journal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.SharedState;
import dev.holdfast.core.spi.SharedState.Answer;
import dev.holdfast.core.spi.SharedState.Arrival;
import dev.holdfast.core.spi.SharedState.Claim;
import dev.holdfast.core.spi.SharedState.Claimed;
import dev.holdfast.core.spi.SharedState.Origin;
import dev.holdfast.core.spi.SharedState.Quota;
import dev.holdfast.core.spi.SharedState.UpstreamChange;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What two processes share on one Redis. No time is asserted but that a lease runs out. */
@Timeout(120)
final class RedisSharedStateTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String IDENTITY = "00ff";

  @TempDir private Path directory;
  private final AtomicInteger names = new AtomicInteger();
  private RedisProcess server;
  private RedisJournal one;
  private RedisJournal other;

  @BeforeEach
  void start() throws IOException {
    server = Servers.start(directory);
    one = RedisJournal.at(server.address()).lease(Duration.ofMillis(600)).open();
    other = RedisJournal.at(server.address()).lease(Duration.ofMillis(600)).open();
  }

  @AfterEach
  void stop() {
    // What was not started is null.
    try {
      for (var journal : new RedisJournal[] {one, other}) {
        if (journal != null) {
          journal.close();
        }
      }
    } finally {
      if (server != null) {
        server.close();
      }
    }
  }

  private static Answer ask(SharedState state, Arrival arrival) {
    return state.arrive(arrival).toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  private Arrival arrival(Quota quota, String name, long tokens) {
    return new Arrival("team", quota, name, tokens, false, null);
  }

  private String name() {
    return "r" + names.incrementAndGet();
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      assertThat(Thread.currentThread().isInterrupted()).as("interrupted").isFalse();
      LockSupport.parkNanos(5_000_000);
    }
  }

  // ---------------------------------------------------------------- limits

  @Test
  void asManyAreLetInAsTheLimitHasRoomFor() {
    var quota = new Quota(0, 7, 0, 0);
    var answers = new ArrayList<CompletableFuture<Answer>>();
    for (int i = 0; i < 200; i++) {
      var state = (i % 2 == 0 ? one : other).sharedState();
      answers.add(state.arrive(arrival(quota, name(), 1)).toCompletableFuture());
    }
    assertThat(answers.stream().map(CompletableFuture::join))
        .filteredOn(Answer.Admitted.class::isInstance)
        .hasSize(7);
    assertThat(answers.getLast().join())
        .isEqualTo(new Answer.Refused("concurrentStreams", 7, Duration.ofSeconds(1)));
  }

  @Test
  void requestsOfAMinuteAreCountedTogether() {
    var quota = new Quota(5, 0, 0, 0);
    long began = System.nanoTime();
    int admitted = 0;
    for (int i = 0; i < 40; i++) {
      var answer = ask((i % 2 == 0 ? one : other).sharedState(), arrival(quota, name(), 0));
      admitted += answer instanceof Answer.Admitted ? 1 : 0;
    }
    long refilled = (System.nanoTime() - began) / Duration.ofSeconds(12).toNanos() + 1;
    assertThat(admitted).isBetween(5, (int) (5 + refilled));
  }

  @Test
  void tokensAreReservedAndSettledAtWhatWasUsed() {
    var quota = new Quota(0, 0, 0, 100);
    assertThat(ask(one.sharedState(), arrival(quota, "a", 60))).isInstanceOf(Answer.Admitted.class);
    assertThat(ask(other.sharedState(), arrival(quota, "b", 60)))
        .isInstanceOf(Answer.Refused.class);
    one.sharedState().settle("team", "a", 30);
    // Its script is not yet known to Redis, and sent once more: what comes next may overtake it.
    await(() -> ask(one.sharedState(), arrival(quota, "c", 70)) instanceof Answer.Admitted);
    assertThat(ask(other.sharedState(), arrival(quota, "d", 1)))
        .isInstanceOfSatisfying(
            Answer.Refused.class, refused -> assertThat(refused.limit()).isEqualTo("tokensPerDay"));
    one.sharedState().settle("team", "c", 0);
    await(() -> ask(one.sharedState(), arrival(quota, "e", 70)) instanceof Answer.Admitted);
  }

  /** Leases are renewed all the time meanwhile. */
  @Test
  void whatWasUsedIsCountedOnceHoweverOftenLeasesAreRenewed() throws IOException {
    int rounds = 3_000;
    var quota = new Quota(0, 0, 0, rounds + 1_000);
    try (var busy = RedisJournal.at(server.address()).lease(Duration.ofMillis(300)).open()) {
      for (int i = 0; i < rounds; i++) {
        assertThat(ask(busy.sharedState(), arrival(quota, "round-" + i, 100)))
            .isInstanceOf(Answer.Admitted.class);
        busy.sharedState().settle("team", "round-" + i, 1);
      }
    }
    assertThat(ask(one.sharedState(), arrival(quota, "more", 1_001)))
        .isInstanceOf(Answer.Refused.class);
    // The last settlement may have been lost with its process, whose lease runs out then.
    await(() -> ask(one.sharedState(), arrival(quota, "rest", 1_000)) instanceof Answer.Admitted);
  }

  @Test
  void aNameIsCountedOnceAndARefusedRequestNotAtAll() {
    var quota = new Quota(0, 2, 0, 100);
    for (int i = 0; i < 5; i++) {
      assertThat(ask(one.sharedState(), arrival(quota, "a", 40)))
          .isInstanceOf(Answer.Admitted.class);
      assertThat(ask(one.sharedState(), arrival(quota, "big", 90)))
          .isInstanceOf(Answer.Refused.class);
    }
    // The same name of another process is another request.
    assertThat(ask(other.sharedState(), arrival(quota, "a", 60)))
        .isInstanceOf(Answer.Admitted.class);
  }

  @Test
  void whatADeadProcessHadReservedReturnsAfterItsLease() throws Exception {
    var quota = new Quota(0, 2, 0, 100);
    assertThat(ask(one.sharedState(), arrival(quota, name(), 50)))
        .isInstanceOf(Answer.Admitted.class);
    assertThat(ask(one.sharedState(), arrival(quota, name(), 50)))
        .isInstanceOf(Answer.Admitted.class);
    // As long as it lives, it renews them.
    long leases = System.nanoTime() + Duration.ofMillis(1_500).toNanos();
    while (System.nanoTime() < leases) {
      assertThat(ask(other.sharedState(), arrival(quota, name(), 50)))
          .isInstanceOf(Answer.Refused.class);
    }
    one.close(); // Nothing is given back, as by a process that was killed.
    await(() -> ask(other.sharedState(), arrival(quota, name(), 50)) instanceof Answer.Admitted);
    assertThat(ask(other.sharedState(), arrival(quota, name(), 50)))
        .isInstanceOf(Answer.Admitted.class);
    assertThat(ask(other.sharedState(), arrival(quota, name(), 1)))
        .isInstanceOf(Answer.Refused.class);
  }

  @Test
  void whatWasUsedWhileRedisWasAwayIsCountedOnceItIsBack() throws Exception {
    server.close();
    server = Servers.start(directory.resolve("kept"), "--appendonly", "yes");
    one.close();
    one = RedisJournal.at(server.address()).lease(Duration.ofMillis(600)).open();
    var quota = new Quota(0, 0, 0, 100);
    assertThat(ask(one.sharedState(), arrival(quota, "a", 10))).isInstanceOf(Answer.Admitted.class);
    server.kill();
    one.sharedState().settle("team", "a", 95);
    server.startAgain();
    await(() -> {
      String next = name();
      try {
        return ask(one.sharedState(), arrival(quota, next, 6)) instanceof Answer.Refused;
      } catch (RuntimeException e) {
        return false; // Not connected again.
      } finally {
        one.sharedState().settle("team", next, 0);
      }
    });
  }

  // ---------------------------------------------------------------- identities

  private Arrival begins(StreamId id, @Nullable StreamId instead) {
    return new Arrival("team", Quota.NONE, "", 0, false, new Claim(IDENTITY, id, instead, HOUR));
  }

  @Test
  void ofTwoIdenticalRequestsOneBeginsTheStream() {
    for (int round = 1; round <= 100; round++) {
      var here = new StreamId(round, 1);
      var there = new StreamId(round, 2);
      String identity = "%04x".formatted(round);
      var first =
          one.sharedState()
              .arrive(
                  new Arrival(
                      "team", Quota.NONE, "", 0, false, new Claim(identity, here, null, HOUR)))
              .toCompletableFuture();
      var second =
          other
              .sharedState()
              .arrive(
                  new Arrival(
                      "team", Quota.NONE, "", 0, false, new Claim(identity, there, null, HOUR)))
              .toCompletableFuture();
      var answers = List.of(first.join(), second.join());
      assertThat(answers).containsAnyOf(new Answer.Joins(here), new Answer.Joins(there));
      assertThat(answers).contains(new Answer.Admitted());
    }
  }

  @Test
  void anAnswerThatIsReadIsReceivedOnlyOnceItsOwnerIsDead() {
    var mine = new StreamId(1, 1);
    var claim = new Claim(IDENTITY, mine, null, HOUR);
    assertThat(ask(one.sharedState(), begins(mine, null))).isEqualTo(new Answer.Admitted());
    assertThat(ask(other.sharedState(), begins(new StreamId(2, 2), null)))
        .isEqualTo(new Answer.Joins(mine));
    one.sharedState().claim("team", claim, Claimed.ANSWERING);
    one.close();
    await(() ->
        ask(other.sharedState(), begins(mine, null)).equals(new Answer.Admitted())
            || ask(other.sharedState(), begins(new StreamId(3, 3), null))
                .equals(new Answer.Joins(mine)));
  }

  @Test
  void aStreamThatIsDroppedOrReplacedIsNotReceived() {
    var mine = new StreamId(1, 1);
    var next = new StreamId(2, 2);
    assertThat(ask(one.sharedState(), begins(mine, null))).isEqualTo(new Answer.Admitted());
    assertThat(ask(other.sharedState(), begins(next, mine))).isEqualTo(new Answer.Admitted());
    // Its claim is another stream's by now.
    one.sharedState().claim("team", new Claim(IDENTITY, mine, null, HOUR), Claimed.DROPPED);
    assertThat(ask(one.sharedState(), begins(mine, null))).isEqualTo(new Answer.Joins(next));
    other.sharedState().claim("team", new Claim(IDENTITY, next, null, HOUR), Claimed.DROPPED);
    await(() -> ask(one.sharedState(), begins(mine, null)).equals(new Answer.Admitted()));
  }

  private static Arrival replaces(StreamId id) {
    return new Arrival("team", Quota.NONE, "", 0, false, new Claim(IDENTITY, id, null, HOUR, true));
  }

  @Test
  void aRequestThatReplacesLearnsWhichStreamItsOwnTookThePlaceOf() {
    var mine = new StreamId(1, 1);
    var next = new StreamId(2, 2);
    var last = new StreamId(3, 3);
    assertThat(ask(one.sharedState(), replaces(mine))).isEqualTo(new Answer.Admitted());
    assertThat(ask(other.sharedState(), replaces(next))).isEqualTo(new Answer.Admitted(mine));
    // Its answer got lost, and it is sent again.
    assertThat(ask(other.sharedState(), replaces(next))).isEqualTo(new Answer.Admitted(mine));
    other.sharedState().claim("team", new Claim(IDENTITY, next, null, HOUR), Claimed.KEPT);
    // A connection is served in order; a script that Redis does not know yet is sent twice.
    ask(other.sharedState(), arrival(Quota.NONE, name(), 1));
    ask(other.sharedState(), arrival(Quota.NONE, name(), 1));
    assertThat(ask(one.sharedState(), replaces(last))).isEqualTo(new Answer.Joins(next));
  }

  /** The next one is renewed: its answer is its client's own for longer than a lease. */
  @Test
  void aStreamThatIsOverLeavesTheClaimOfTheNextOne() {
    var mine = new StreamId(1, 1);
    var next = new StreamId(2, 2);
    var state = one.sharedState();
    assertThat(ask(state, begins(mine, null))).isEqualTo(new Answer.Admitted());
    assertThat(ask(state, begins(next, mine))).isEqualTo(new Answer.Admitted());
    state.claim("team", new Claim(IDENTITY, next, null, HOUR), Claimed.ANSWERING);
    state.claim("team", new Claim(IDENTITY, mine, null, HOUR), Claimed.OPEN);
    state.leave("team", IDENTITY, mine);
    long leases = System.nanoTime() + Duration.ofMillis(1_800).toNanos();
    await(() -> System.nanoTime() > leases);
    assertThat(ask(other.sharedState(), begins(new StreamId(4, 4), null)))
        .isEqualTo(new Answer.Admitted());
  }

  // ---------------------------------------------------------------- upstreams

  private static SharedState.News exchange(
      SharedState state, List<UpstreamChange> changes, List<Origin> origins) {
    return state
        .exchange(changes, origins, 1_000)
        .toCompletableFuture()
        .orTimeout(60, TimeUnit.SECONDS)
        .join();
  }

  @Test
  void circuitsBudgetsAndOriginsReachOtherProcesses() throws Exception {
    var news = new Semaphore(0);
    other.sharedState().onNews(news::release);
    var opened = new UpstreamChange("u", -30, true, Duration.ofMinutes(5));
    var unknown = exchange(other.sharedState(), List.of(UpstreamChange.none("u")), List.of());
    assertThat(unknown.upstreams().getFirst().budget()).isEqualTo(1_000);
    assertThat(unknown.upstreams().getFirst().version()).isZero();
    exchange(one.sharedState(), List.of(opened), List.of(new Origin(-7, "u"), new Origin(8, "v")));
    assertThat(news.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
    var there = exchange(other.sharedState(), List.of(UpstreamChange.none("u")), List.of());
    var standing = there.upstreams().getFirst();
    assertThat(standing.open()).isTrue();
    assertThat(standing.pause())
        .isGreaterThan(Duration.ofMinutes(3))
        .isLessThanOrEqualTo(Duration.ofMinutes(5));
    assertThat(standing.budget()).isEqualTo(970);
    assertThat(standing.version()).isOne();
    assertThat(there.origins()).containsExactly(new Origin(-7, "u"), new Origin(8, "v"));

    exchange(
        other.sharedState(),
        List.of(new UpstreamChange("u", -50, false, Duration.ZERO)),
        List.of());
    var back = exchange(one.sharedState(), List.of(UpstreamChange.none("u")), List.of());
    assertThat(back.upstreams().getFirst().open()).isFalse();
    assertThat(back.upstreams().getFirst().budget()).isEqualTo(920);
    assertThat(back.upstreams().getFirst().version()).isEqualTo(2);
    assertThat(back.origins()).isEmpty(); // Its own are known to it.
  }
}
