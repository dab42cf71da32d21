package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three gateways as processes, HAProxy in front, one Redis, and readers that come back with {@code
 * Last-Event-ID}: no answer is lost, none doubled, none untrue, and the upstream is asked once for
 * each change of owner. {@code -Dholdfast.kills=N} sets how often an owner is killed, {@code
 * -Dholdfast.seconds=N} after which time no more is, {@code -Dholdfast.redisKills=N} how often
 * Redis is, {@code -Dholdfast.streams=N} how many streams live through a rolling restart, {@code
 * -Dholdfast.orphans=N} how many streams of one owner are left at once, {@code -Dholdfast.pace=N}
 * the milliseconds between two words, and {@code -Dholdfast.seed=N} the seed. With {@code
 * -Dholdfast.elsewhere=true} a killed gateway starts again only once each reader has continued:
 * that of a machine of its own would take no processor of theirs.
 */
@Tag("slow")
@Timeout(7_200)
final class ClusterCampaignTest {
  private static final int CLIENTS = 24;
  private static final Duration PACE = Duration.ofMillis(Integer.getInteger("holdfast.pace", 50));

  /** From so many kills on their figures are judged. */
  private static final int CAMPAIGN = 100;

  /** A kill comes after at most so many events of all clients. */
  private static final int MOST_EVENTS = 400;

  /** One in so many kills is followed by the next before all readers have continued. */
  private static final int HASTY = 4;

  /** Of a small machine, in a second. */
  private static final int MOST_RATE = 2_000;

  private static final long SEED = Long.getLong("holdfast.seed", 1);

  @TempDir private static Path folder;
  private static ClusterRig rig;

  @BeforeAll
  static void start() throws IOException {
    JournalRig.assumeRedis();
    HaProxy.assumeInstalled();
    rig = new ClusterRig(folder);
  }

  @AfterAll
  static void stop() {
    if (rig != null) {
      rig.close();
    }
  }

  private static int number(String property, int quick, int thorough) {
    return Integer.getInteger(property, Boolean.getBoolean("holdfast.long") ? thorough : quick);
  }

  private static void show(String what, String properties, ClusterLoad.Report report) {
    System.out.printf("%s, seed %d: %s%n", what, SEED, report);
    System.out.printf(
        "again: ./mvnw -Plong -pl gateway -am test -Dtest=ClusterCampaignTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dholdfast.seed=%d %s%n",
        SEED, properties);
    assertThat(report.of(ClusterReader.Kind.EXACT)).isPositive();
  }

  /** {@return how many threads want to run; 0 where the system does not report it} */
  private static double load() throws IOException {
    Path file = Path.of("/proc/loadavg");
    return Files.exists(file) ? Double.parseDouble(Files.readString(file).split(" ", 2)[0]) : 0;
  }

  @Test
  void readersContinueWhereTheOwnerIsKilled() throws Exception {
    int kills = number("holdfast.kills", 3, 12);
    long deadline = System.nanoTime() + Long.getLong("holdfast.seconds", 7_000) * 1_000_000_000L;
    var random = new Random(SEED);
    boolean elsewhere = Boolean.getBoolean("holdfast.elsewhere");
    int killed = 0;
    double load = 0;
    rig.pace(PACE);
    try (var clients = new ClusterLoad(rig, "kills-" + SEED)) {
      clients.begin(CLIENTS, true);
      while (killed < kills && System.nanoTime() < deadline) {
        clients.await(1 + random.nextInt(MOST_EVENTS));
        int node = random.nextInt(ClusterNodes.COUNT);
        clients.ended();
        rig.nodes.kill(node);
        killed++;
        load += load();
        if (elsewhere) {
          clients.awaitEach();
          rig.nodes.start(node);
          continue;
        }
        rig.nodes.start(node);
        if (random.nextInt(HASTY) > 0) {
          clients.awaitEach();
        } // Otherwise the new owner of a stream may be killed while it takes it over.
      }
      var report = clients.finish();
      double perCore = load / killed / Runtime.getRuntime().availableProcessors();
      show(
          "kills of the owner: %d, load a core: %.1f".formatted(killed, perCore),
          "-Dholdfast.kills=" + killed + " -Dholdfast.elsewhere=" + elsewhere,
          report);
      assertThat(report.violations()).as("seed %d", SEED).isEmpty();
      assertThat(report.cuts()).isPositive();
      assertThat(report.takeovers()).isPositive();
      assertThat(report.of(ClusterReader.Kind.GONE)).isZero();
      if (killed >= CAMPAIGN) {
        long goal = JournalKillChild.LEASE.plusSeconds(1).toMillis();
        assertThat(report.standstillMillis(0.99)).isLessThan((long) (goal * Math.max(1, perCore)));
      }
    }
  }

  /** How long each reader waits is shown; a busy machine makes it longer. */
  @Test
  void allStreamsOfADeadOwnerAreContinuedAtATime() throws Exception {
    int streams = number("holdfast.orphans", 40, 200);
    rig.pace(pace(streams));
    try (var clients = new ClusterLoad(rig, "orphans-" + SEED, rig.nodes.port(0))) {
      clients.begin(streams, false);
      while (rig.upstream.streamsUnderWay() < streams * 9 / 10) {
        LockSupport.parkNanos(1_000_000); // Few are between two answers.
      }
      clients.await(10L * streams); // Most have their id by then.
      double perCore = load() / Runtime.getRuntime().availableProcessors();
      clients.ended();
      rig.nodes.kill(0);
      var report = clients.finish();
      rig.nodes.start(0);
      long lease = JournalKillChild.LEASE.toMillis();
      show(
          "kill of the owner of %d streams, lease %d ms, load a core: %.1f"
              .formatted(streams, lease, perCore),
          "-Dholdfast.orphans=" + streams,
          report);
      assertThat(report.violations()).as("seed %d", SEED).isEmpty();
      assertThat(report.takeovers()).isPositive();
      assertThat(report.of(ClusterReader.Kind.TRUTHFUL)).isZero();
      assertThat(report.of(ClusterReader.Kind.GONE)).isZero();
    }
  }

  /** {@return the time between two events of so many streams that a small machine can do} */
  private static Duration pace(int streams) {
    return Duration.ofMillis(Math.max(PACE.toMillis(), streams * 1_000L / MOST_RATE));
  }

  @Test
  void aRollingRestartLosesAndDoublesNoStream() throws Exception {
    int streams = number("holdfast.streams", 30, 100);
    rig.pace(pace(streams));
    try (var clients = new ClusterLoad(rig, "rolling-" + SEED)) {
      clients.begin(streams, false);
      for (int node = 0; node < ClusterNodes.COUNT; node++) {
        while (rig.upstream.streamsUnderWay() < streams * 9 / 10) {
          LockSupport.parkNanos(1_000_000); // Few are between two answers.
        }
        clients.await(streams);
        clients.ended();
        rig.nodes.terminate(node);
        rig.nodes.start(node);
      }
      var report = clients.finish();
      show(
          "rolling restart of %d nodes, live streams: %d".formatted(ClusterNodes.COUNT, streams),
          "-Dholdfast.streams=" + streams,
          report);
      assertThat(report.violations()).as("seed %d", SEED).isEmpty();
      assertThat(report.takeovers()).isPositive();
      assertThat(report.of(ClusterReader.Kind.TRUTHFUL)).isZero();
      assertThat(report.of(ClusterReader.Kind.GONE)).isZero();
    }
  }

  @Test
  void aRedisThatIsKilledAndStartedAgainHoldsStreamsUp() throws Exception {
    int kills = number("holdfast.redisKills", 2, 6);
    var random = new Random(SEED);
    rig.pace(PACE);
    try (var clients = new ClusterLoad(rig, "redis-" + SEED)) {
      clients.begin(CLIENTS, false);
      for (int i = 0; i < kills; i++) {
        clients.await(CLIENTS + random.nextInt(MOST_EVENTS));
        rig.redis.kill();
        LockSupport.parkNanos(random.nextInt(2_000_000_000));
        rig.redis.startAgain();
      }
      clients.await(CLIENTS);
      var report = clients.finish();
      show("kills of Redis: %d".formatted(kills), "-Dholdfast.redisKills=" + kills, report);
      assertThat(report.violations()).as("seed %d", SEED).isEmpty();
      assertThat(report.of(ClusterReader.Kind.TRUTHFUL)).isZero();
      assertThat(report.of(ClusterReader.Kind.GONE)).isZero();
    }
  }

  /** Its streams are gone, and nothing claims to be whole that is not. */
  @Test
  void aRedisThatLosesItsDataEndsItsStreamsAndServesNewOnes() throws Exception {
    rig.pace(PACE);
    try (var clients = new ClusterLoad(rig, "loss-" + SEED)) {
      clients.begin(CLIENTS, false);
      clients.await(CLIENTS * 10L);
      rig.redis.kill();
      delete(folder.resolve("redis"));
      rig.redis.startAgain();
      clients.await(CLIENTS * 20L);
      var report = clients.finish();
      show("kill of Redis, which lost its data", "", report);
      assertThat(report.lies()).as("seed %d", SEED).isEmpty();
      assertThat(report.of(ClusterReader.Kind.GONE) + report.of(ClusterReader.Kind.TRUTHFUL))
          .isPositive();
    }
  }

  private static void delete(Path top) throws IOException {
    try (var files = Files.walk(top)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(top)) {
          Files.delete(file);
        }
      }
    }
  }
}
